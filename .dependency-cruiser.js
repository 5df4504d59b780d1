/** The arrows of docs/architecture.md, enforced. `checks/arrows.spec.ts` plants violations to prove that this bites. */
const TESTS = ['[.]spec[.]ts$', '/testing/', '^test/', '^event-store/contract[.]ts$', '[.]script[.]ts$'];
const COMPOSE = ['(^|/)compose[.]ts$', '^composition/'];
const PORT = '^event-store/[a-z-]+[.]ts$';

/** A folder may import itself, packages, Node, and what is named here. */
const arrow = (folder, allowed, comment) => ({
  name: `${folder}-arrows`,
  comment,
  severity: 'error',
  from: { path: `^${folder}/`, pathNot: [...TESTS, ...COMPOSE] },
  to: { path: '.', pathNot: [`^${folder}/`, '^node_modules/', ...allowed], dependencyTypesNot: ['core'] },
});

export default {
  forbidden: [
    arrow('domain', [], 'domain imports nothing but itself and zod'),
    {
      name: 'domain-needs-only-zod',
      comment: 'domain is pure: no package but zod, nothing of Node',
      severity: 'error',
      from: { path: '^domain/', pathNot: TESTS },
      to: { path: '.', pathNot: ['^domain/', '^node_modules/zod/'] },
    },
    arrow('platform', [], 'platform knows nothing of the shop'),
    arrow('event-store', ['^platform/'], 'the log knows nothing of the shop'),
    arrow('commands', ['^domain/', PORT, '^platform/'], "commands -> domain, the log's port, platform"),
    arrow('projections', ['^domain/', PORT, '^platform/'], "projections -> domain, the log's port, platform"),
    arrow('write-api', ['^commands/', '^domain/', PORT, '^platform/'], 'write-api -> commands -> domain'),
    arrow('read-api', ['^projections/', '^domain/', PORT, '^platform/'], "read-api -> the read models' queries"),
    {
      name: 'nothing-imports-the-top',
      comment: 'cli, bench, composing files and the examples for users may import all; nothing imports them',
      severity: 'error',
      from: { path: '.', pathNot: ['^cli/', '^bench/', '^docs/examples/', ...COMPOSE, ...TESTS] },
      to: { path: ['^cli/', '^bench/', ...COMPOSE] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['[.]souk/', 'coverage/'] },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
