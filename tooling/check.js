// `npm run check`: everything that can be said about the code without running it. All steps run, so that one reading
// shows everything that is wrong; any of them failing fails the check.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const steps = [
  { claim: "manifests' types are those of schemas/", command: ['tsx', 'tooling/generate-types.ts', '--check'] },
  { claim: 'what checks manifests is that of schemas/', command: ['tsx', 'tooling/generate-validators.ts', '--check'] },
  { claim: "tables' types are those of the migrations", command: ['tsx', 'tooling/generate-tables.ts', '--check'] },
  {
    claim: 'pages and schemas for editors are those of schemas/',
    command: ['tsx', 'tooling/generate-reference.ts', '--check'],
  },
  { claim: 'what action.yml runs is made from src/', command: ['node', 'tooling/bundle-action.js', '--check'] },
  { claim: 'types hold', command: ['tsc', '--noEmit', '-p', '.'] },
  { claim: 'no rule of .oxlintrc.json is broken', command: ['oxlint', '.'] },
  { claim: 'files are formatted (npm run format)', command: ['biome', 'format', '.'] },
  { claim: 'every import is one that the design allows', command: ['node', 'tooling/check-imports.js'] },
  { claim: 'no refusal of the gate can be taken away unnoticed', command: ['tsx', 'tooling/mutate-gate.ts'] },
  { claim: 'nothing is exported, installed or kept without a use', command: ['knip'] },
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const failed = steps.filter(({ claim, command: [name, ...args] }) => {
  process.stdout.write(`\n${claim}: ${name} ${args.join(' ')}\n`);
  const started = Date.now();
  // Through npm's own path, where `npm run check` finds the installed versions.
  const { status, error } = spawnSync(name, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${root}/node_modules/.bin:${process.env.PATH}` },
  });
  if (error !== undefined) process.stderr.write(`${error.message}. Run "npm ci" first.\n`);
  process.stdout.write(`${status === 0 ? 'ok' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  return status !== 0;
});

const last = failed.map(({ claim }) => `  not so: ${claim}\n`).join('');
process.stdout.write(`\n${steps.length - failed.length} of ${steps.length} checks hold\n${last}`);
process.exitCode = failed.length === 0 ? 0 : 1;
