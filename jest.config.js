/**
 * Tests stand beside the code; the suffix tells the cost: `.spec.ts` pure, `.int.spec.ts` a real engine,
 * `.api.spec.ts` a whole shop over real sockets.
 */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>'],
  testMatch: ['**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.souk'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  globalSetup: '<rootDir>/platform/testing/global-setup.ts',
  globalTeardown: '<rootDir>/platform/testing/global-teardown.ts',
  reporters: ['default', '<rootDir>/test/support/reporter.mjs'],
  // Most of the time goes into waiting for processes and engines: one worker per core, not one fewer.
  maxWorkers: '100%',
  testTimeout: 60_000,
};
