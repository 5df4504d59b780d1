/**
 * Tests stand beside the code; the suffix tells the cost: `.spec.ts` pure, `.int.spec.ts` a real engine,
 * `.api.spec.ts` a whole shop over real sockets. Which engines they get: test/support/engines.ts.
 */
const suites = {
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
};

/** Journeys through whole shops, run once more with the log in EventStoreDB and carts in Redis. */
const elsewhere = {
  ...suites,
  displayName: 'eventstoredb,redis',
  testMatch: ['composition/readme', 'write-api/checkout'].map((path) => `<rootDir>/${path}.api.spec.ts`),
  setupFiles: ['<rootDir>/test/support/elsewhere.ts'],
};

export default {
  // Where SOUK_TEST_ENGINES says what whole shops run on, all of them run on that.
  projects: process.env.SOUK_TEST_ENGINES === undefined ? [suites, elsewhere] : [suites],
  reporters: ['default', '<rootDir>/test/support/reporter.mjs'],
  // Most of the time goes into waiting for processes and engines: one worker per core, not one fewer.
  maxWorkers: '100%',
  testTimeout: 60_000,
};
