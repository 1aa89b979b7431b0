// `npm run check`: everything that can be said about the code without running it. All steps run, so that one reading
// shows everything that is wrong; any of them failing fails the check. As many run at once as there are processors.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What takes longest comes first, so that nothing waits for it alone at the end. */
const steps = [
  { claim: 'types hold', command: ['tsc', '--noEmit', '-p', '.'] },
  { claim: 'no rule of .oxlintrc.json is broken', command: ['oxlint', '.'] },
  { claim: 'nothing is exported, installed or kept without a use', command: ['knip'] },
  { claim: 'every import is one that the design allows', command: ['node', 'tooling/check-imports.js'] },
  { claim: "manifests' types are those of schemas/", command: ['tsx', 'tooling/generate-types.ts', '--check'] },
  { claim: 'what checks manifests is that of schemas/', command: ['tsx', 'tooling/generate-validators.ts', '--check'] },
  { claim: "tables' types are those of the migrations", command: ['tsx', 'tooling/generate-tables.ts', '--check'] },
  {
    claim: 'pages and schemas for editors are those of schemas/',
    command: ['tsx', 'tooling/generate-reference.ts', '--check'],
  },
  { claim: 'what action.yml runs is made from src/', command: ['node', 'tooling/bundle-action.js', '--check'] },
  { claim: 'files are formatted (npm run format)', command: ['biome', 'format', '.'] },
  { claim: 'no refusal of the gate can be taken away unnoticed', command: ['tsx', 'tooling/mutate-gate.ts'] },
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const waiting = [...steps];
const failed = [];
await Promise.all(Array.from({ length: availableParallelism() }, runWaiting));

const last = failed.map((claim) => `  not so: ${claim}\n`).join('');
process.stdout.write(`\n${steps.length - failed.length} of ${steps.length} checks hold\n${last}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function runWaiting() {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const { isRight, text } = await outcomeOf(step);
    process.stdout.write(text);
    if (!isRight) failed.push(step.claim);
  }
}

/** What it wrote is told when it is over, in one piece: several write at the same time. */
async function outcomeOf({ claim, command: [name, ...args] }) {
  const started = Date.now();
  const written = [];
  // Through npm's own path, where `npm run check` finds the installed versions.
  const child = spawn(name, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${root}/node_modules/.bin:${process.env.PATH}` },
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => written.push(bytes));
  const status = await once(child, 'close').then(
    ([code]) => code,
    (error) => written.push(Buffer.from(`${error.message}. Run "npm ci" first.\n`)) && 1,
  );
  const end = `${status === 0 ? 'ok' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(1)} s`;
  return { isRight: status === 0, text: `\n${claim}: ${name} ${args.join(' ')}\n${Buffer.concat(written)}${end}\n` };
}
