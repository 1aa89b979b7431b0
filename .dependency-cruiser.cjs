// Which file may import which. Every rule says why in its comment, and test/tooling/import-rules.test.ts breaks every
// rule once. Packages are matched by `pkg()`, which also sees one that is imported but not installed.

const pkg = (...names) => `(^|/)node_modules/(${names.join('|')})(/|$)|^(${names.join('|')})(/|$)`;
const pure = '^src/(manifest|plan|policy)/';
const control = '^src/(source|plan|apply|controller|github)/';
const data = '^src/(run|tools|models|guards|memory|trace)/';
const purePackages = pkg(
  'ajv',
  'ajv-formats',
  'canonicalize',
  // Computes when a schedule comes, from the time that it is given; it is only ever made paused, so it sets no timer.
  'croner',
  '@marcbachmann/cel-js',
  'diff',
  'ipaddr\\.js',
  'picocolors',
  're2js',
  'yaml',
  'zod',
);
const npm = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Files that import each other can only be understood, loaded and tested together.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing imports and that imports nothing is dead, or its wiring was forgotten.',
      severity: 'error',
      from: { orphan: true },
      to: {},
    },
    {
      name: 'no-utils',
      comment: 'A folder or file called utils gathers what nobody could name. Name it for the one idea that it holds.',
      severity: 'error',
      from: {},
      to: { path: '/(utils|util|helpers|helper|common|misc|shared)(/|\\.ts$)', pathNot: 'node_modules' },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that leads nowhere fails only when somebody runs the command that needs it.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-packages',
      comment: 'The image and the published package hold no development packages: such an import fails there alone.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-without-node',
      comment:
        'manifest, plan and policy do no I/O: a plan and a decision are the same bytes on every machine. crypto is for ' +
        'digests, module for packages that are still CommonJS.',
      severity: 'error',
      from: { path: pure },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|module|util)$' },
    },
    {
      name: 'pure-packages',
      comment:
        'Only packages known to compute without I/O may be used in manifest, plan and policy; add one with a reason.',
      severity: 'error',
      from: { path: pure },
      to: { dependencyTypes: npm, pathNot: purePackages },
    },
    {
      name: 'pure-imports-pure',
      comment: 'manifest, plan and policy stay pure only if everything that they import from pawl is pure too.',
      severity: 'error',
      from: { path: pure },
      to: { path: '^src/', pathNot: [pure, '^src/errors\\.ts$'] },
    },
    {
      name: 'control-without-data',
      comment: 'The control plane never runs anything. It shares rows with the data plane and nothing else.',
      severity: 'error',
      from: { path: control },
      to: { path: data },
    },
    {
      name: 'data-without-control',
      comment: 'The data plane never reads Git, plans or applies: a worker obeys bundles that were applied.',
      severity: 'error',
      from: { path: data },
      to: { path: control },
    },
    {
      name: 'one-door',
      comment:
        'Only run/step.ts reaches tools and models, and only after the journal holds the decision and the intent; the ' +
        'guards around a call are its effects too. An import of these files anywhere else would be a way round the gate.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/run/step\\.ts$' },
      to: { path: '^src/(tools|models|guards)/call\\.ts$' },
    },
    {
      name: 'no-way-round-the-door',
      comment:
        'The parts behind tools/call.ts, models/call.ts and guards/call.ts reach the world as well. Others see the contracts, ' +
        'the estimate of tokens, the lazy secrets and the ciphers of stored ones, which compute; app.ts and its parts see what they wire. ' +
        'The service of a memory is called from behind tools/call.ts, and for sessions once the journal holds that. A type reaches nothing.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(tools|models|guards)/|^src/memory/service\\.ts$|^src/app[-a-z]*\\.ts$' },
      to: {
        path: '^src/(tools|models|guards)/',
        pathNot:
          '^src/(tools|models|guards)/(call|tool|model|guard|codes|estimate|secrets|secret-envelope|secret-keyring)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'sql-only-in-store',
      comment:
        'One folder holds every statement, so that fences, order of locks and plans of queries can be read there.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/store/' },
      to: { path: pkg('kysely', 'pg', 'pg-[a-z-]+', '@electric-sql/[a-z-]+') },
    },
    {
      name: 'git-only-in-source',
      comment: 'Reading Git is only reading: what opens a repository stands in one folder and can be checked there.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/source/' },
      to: { path: pkg('isomorphic-git', 'chokidar') },
    },
    {
      name: 'processes-only-where-bounded',
      comment:
        'Only source (the git client), the start of pawl itself as a worker, and the isolation of programs start ' +
        'processes: anywhere else a manifest could reach a shell.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/source/|^src/run/worker-process\\.ts$|^src/tools/isolation/' },
      to: { path: '^(node:)?child_process$' },
    },
    {
      name: 'octokit-only-in-github',
      comment: 'GitHub is one forge; nothing but its folder may depend on its shapes.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/github/' },
      to: { path: pkg('@octokit/[a-z-]+') },
    },
    {
      name: 'mcp-only-in-tools',
      comment: 'The MCP SDK talks to servers: it belongs behind the door, in tools.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/tools/' },
      to: { path: pkg('@modelcontextprotocol/[a-z-]+') },
    },
    {
      name: 'providers-only-in-models',
      comment:
        'Provider packages make calls that cost money: they belong behind models/call.ts, and so do their types.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/models/' },
      to: { path: pkg('@ai-sdk/[a-z-]+', 'ai') },
    },
    {
      name: 'doors-imported-by-nobody',
      comment:
        'cli, api and ui are how people reach pawl; nothing inside may know them. api/operations.ts is the contract ' +
        'between doors and wiring, and codes.ts gathers every registry of codes. The GitHub Action says what the command ' +
        'line says, in its words.',
      severity: 'error',
      from: { path: '^src/([^/]+)', pathNot: ['^src/(app[-a-z]*|main)\\.ts$', '^src/action/'] },
      to: {
        path: '^src/(cli|api|ui)/',
        pathNot: ['^src/$1/', '^src/api/operations[-a-z]*\\.ts$', '^src/(cli|api|ui)/codes\\.ts$'],
      },
    },
    {
      name: 'action-by-git-alone',
      comment:
        'The GitHub Action is one file that a step loads: what opens databases, serves or reaches models and tools would ' +
        'be in it.',
      severity: 'error',
      from: { path: '^src/action/' },
      to: { path: '^src/(api|ui|store|apply|github|bus|run|models|tools|guards|memory|trace)/' },
    },
    {
      name: 'main-imported-by-nobody',
      comment: 'main.ts runs the program when it is loaded.',
      severity: 'error',
      from: {},
      to: { path: '^src/(action/)?main\\.ts$' },
    },
    {
      name: 'only-app-wires',
      comment:
        'app.ts and its parts (app-….ts) know every part of pawl; whoever imports them would know them too. main.ts alone ' +
        'starts it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main|app[-a-z]*)\\.ts$' },
      to: { path: '^src/app[-a-z]*\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Without these two, packages that have an `exports` map are not resolved, and no rule sees them.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
