import { afterAll, beforeAll, expect, test } from 'vitest';
import { editByHand } from '../../src/store/hand-edit.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { Said } from '../cli/fixture.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { bodyOf, listen, type LoopbackServer } from '../support/loopback.ts';
import { createDatabase } from '../support/postgres.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { typist } from './example.ts';

/** Clears the screen, hides a link, goes back over what was written, turns the order round, hides a word, begins a command of a build log or of SQL. */
const hostile =
  '\u001b[2J\u001b]8;;http://evil.test\u0007link\u001b]8;;\u0007\r\b\u009b31m\u202egnp.exe\u200b\u2066\u0085\n::error::forged\n ##[add-mask]forged\n\'; drop table run; --"';

let repository: TestRepository;
let made: Awaited<ReturnType<typeof createDatabase>>;
let tools: LoopbackServer;
let worker: TestProcess;
let pawl: (...words: readonly string[]) => Promise<Said>;

beforeAll(async () => {
  [repository, made] = await Promise.all([createRepository(), createDatabase()]);
  tools = await listen(async (request, response) => {
    await bodyOf(request);
    response.writeHead(request.url === '/bad' ? 400 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ [hostile]: hostile }));
  });
  await repository.commit(files('First'), `Start ${hostile}`);
  pawl = typist(repository.path, { DATABASE_URL: made.url });
  await pawl('migrate');
  const env = { DATABASE_URL: made.url, PAWL_LOG_LEVEL: 'trace' };
  worker = startProcess({ entry: 'src/main.ts', args: ['worker'], cwd: repository.path, env });
  await worker.waitFor(/The worker takes runs/);
});

afterAll(async () => {
  await worker.kill();
  await Promise.all([tools.close(), repository.remove()]);
  await made.drop();
});

function files(prompt: string): Record<string, string> {
  const tool = (name: string) => `apiVersion: pawl/v1
kind: Tool
metadata: { name: ${name} }
spec:
  description: ${JSON.stringify(`Tool ${hostile}`)}
  type: http
  inputSchema: { type: object }
  http: { method: POST, url: "${tools.url}/${name}" }
  egress: { hosts: ["${tools.url}"], allowPrivate: true }
---
`;
  const calls = ['good', 'bad', hostile].map((name) => ({ tool: name, arguments: { [hostile]: hostile } }));
  const replies = [{ agent: 'clerk', turns: [{ toolCalls: calls }, { text: hostile }] }];
  return {
    'pawl.yaml': 'apiVersion: pawl/v1\nenvironments: [{ name: production, branch: main, paths: [all.yaml] }]\n',
    'm.script.yaml': JSON.stringify({ replies }),
    'all.yaml': `${tool('good')}${tool('bad')}apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: model }
spec: { provider: scripted, model: m, scriptFile: m.script.yaml }
---
apiVersion: pawl/v1
kind: AgentRole
metadata: { name: worker, annotations: { note: ${JSON.stringify(hostile)} } }
spec: { permissions: ["tool:*:*"] }
---
apiVersion: pawl/v1
kind: Agent
metadata: { name: clerk }
spec:
  modelRef: model
  prompt: ${JSON.stringify(`${prompt} ${hostile}`)}
  roles: [worker]
  tools: [{ toolRef: good }, { toolRef: bad }]
---
apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: desk }
spec:
  input: { schema: { type: object } }
  graph: { work: { agentRef: clerk } }
`,
  };
}

test('nothing that an author, a model or a tool wrote acts on the terminal or on a build log', async () => {
  const said: (readonly [string, Said])[] = [];
  const type = async (...words: readonly string[]): Promise<Said> => {
    const one = await pawl(...words);
    said.push([words.join(' '), one]);
    return one;
  };
  await type('validate');
  await type('plan');
  expect(await type('apply', '--auto-approve', '--ack', 'bootstrap')).toMatchObject({ exit: 0 });
  const ran = await type('run', 'desk', '-i', `note=${hostile}`, '--watch');
  expect(ran.stdout).toContain('Succeeded');
  const { stdout } = await pawl('get', 'runs', '-o', 'json');
  const [, id = ''] = /"id": ?"([0-9a-f-]{36})"/.exec(stdout) ?? [];
  expect((await type('trace', id)).stdout).toContain('tool.unknown');
  await repository.commit(files('Second'), `Change ${hostile}`);
  await type('plan');
  const database = await openDatabase({ url: made.url });
  const row = { environment: 'production', address: 'Agent/default/clerk' };
  await editByHand(database.db, row, (body) => ({ ...body, spec: { prompt: hostile, description: hostile } }));
  await database.close();
  expect(await type('drift')).toMatchObject({ exit: 2 });
  for (const words of [['status'], ['history'], ['get', 'Tool'], ['get', 'Agent'], ['get', 'runs'], ['doctor']])
    await type(...words);
  await type('get', hostile);
  await type('run', hostile);
  await type('trace', hostile);
  await type('plan', '--environment', hostile);
  // What was asked for by that name was looked up and not executed.
  expect(await type('get', 'runs')).toMatchObject({ exit: 0, stdout: expect.stringContaining('Succeeded') });
  await repository.commit({ 'all.yaml': `kind: ${JSON.stringify(hostile)}\n${JSON.stringify(hostile)}: [}` }, 'Break');
  expect(await type('validate')).toMatchObject({ exit: 3 });
  expect(await worker.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  said.push(['the log of the worker', { exit: 0, stdout: worker.stdout, stderr: worker.stderr }]);

  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
  const acts = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069]|^\s*::|##\[/m;
  const found = said.flatMap(([words, { stdout: out, stderr: err }]) =>
    [out, err].flatMap((text) => {
      const at = text.search(acts);
      return at === -1
        ? []
        : [`${JSON.stringify(words.slice(0, 30))}: ${JSON.stringify(text.slice(Math.max(0, at - 60), at + 20))}`];
    }),
  );
  expect(found).toEqual([]);
});
