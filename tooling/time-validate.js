// How long `pawl validate` takes for 500 files: `node tooling/time-validate.js`. The whole process is measured, from its
// start to its end, because that is what an author waits for. Prints the fastest and the middle of eleven.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const files = 500;
const rounds = 11;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

const tool = `  description: Searches the handbook.
  type: builtin
  operation: read
  inputSchema:
    type: object
    additionalProperties: false
    required: [key]
    properties: { key: { type: string } }
  builtin:
    name: lookup
    entries: { opening-hours: We are open from nine to five. }
`;

const folder = mkdtempSync(join(tmpdir(), 'pawl-time-'));
try {
  writeManifests(folder);
  const times = Array.from({ length: rounds }, () => validate(folder)).sort((a, b) => a - b);
  const [fastest, middle] = [times[0], times[rounds >> 1]].map((time) => `${Math.round(time)} ms`);
  process.stdout.write(`pawl validate of ${files} files: fastest ${fastest}, middle ${middle}\n`);
} finally {
  rmSync(folder, { recursive: true });
}

function validate(cwd) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/pawl.js'), 'validate'], { cwd });
  if (status !== 0) throw new Error(`validate ended with ${status}:\n${stdout}${stderr}`);
  return performance.now() - started;
}

/** A fifth of the files each: a tool, three agents that list it, and a system of them. */
function writeManifests(place) {
  mkdirSync(join(place, 'all'));
  const write = (path, content) => writeFileSync(join(place, path), content);
  write(
    'pawl.yaml',
    'apiVersion: pawl/v1\nenvironments: [{ name: production, branch: main, paths: [all], apply: auto }]\n',
  );
  write('all/m.script.yaml', 'replies: [{ agent: a1, turns: [{ text: Hello }] }]\n');
  write(
    'all/model.yaml',
    manifest('ModelEndpoint', 'm', '  provider: scripted\n  model: m\n  scriptFile: m.script.yaml\n'),
  );
  write('all/role.yaml', manifest('AgentRole', 'reader', '  permissions: ["tool:*:read"]\n'));
  for (let index = 0; index < files; index += 1) {
    const group = index - (index % 5);
    const [kind, spec] =
      index % 5 === 0 ? ['Tool', tool] : index % 5 === 4 ? ['AgentSystem', system(group)] : ['Agent', agent(group)];
    write(`all/x${index}.yaml`, manifest(kind, `x${index}`, spec));
  }
}

function manifest(kind, name, spec) {
  return `apiVersion: pawl/v1\nkind: ${kind}\nmetadata:\n  name: ${name}\nspec:\n${spec}`;
}

function agent(group) {
  return `  description: Greets whoever writes.
  modelRef: m
  prompt: |
    You greet people by their name,
    in one friendly sentence.
  roles: [reader]
  tools:
    - toolRef: x${group}
  limits:
    maxSteps: 3
`;
}

function system(group) {
  return `  input:
    schema:
      type: object
      additionalProperties: false
      required: [name]
      properties:
        name: { type: string, minLength: 1, maxLength: 100 }
  graph:
    greet:
      agentRef: x${group + 1}
      input: { name: "\${ input.name }" }
      edges:
        - to: answer
    answer:
      agentRef: x${group + 2}
      input: { text: "\${ nodes.greet.output }" }
      edges:
        - to: check
    check:
      agentRef: x${group + 3}
      input: { text: "\${ nodes.answer.output }" }
`;
}
