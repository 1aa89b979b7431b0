import { httpToolFindings } from './http-tool.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import {
  below,
  type Check,
  checkMoney,
  checkSchema,
  contradiction,
  refuseFields,
  type Report,
  requireFields,
} from './meaning-report.ts';
import { checkAuth, checkEnvironment, checkRetry } from './meaning-process.ts';
import { checkTier, hasTiers } from './meaning-tier.ts';
import { placeholderFindings } from './placeholder.ts';

/** What is wrong with a Tool beyond its shape. */
export const checkTool: Check = (spec, report) => {
  checkSchema(spec['inputSchema'], ['inputSchema'], report);
  checkSchema(spec['outputSchema'], ['outputSchema'], report);
  checkSchema(objectAt(spec, 'human')['form'], ['human', 'form'], report);
  if (isJsonObject(spec['inputSchema']) && spec['inputSchema']['type'] !== 'object') {
    const message = "The schema of a tool's arguments must say `type: object`.";
    const help = 'Models send arguments as one object.';
    report(['inputSchema'], { part: 'key', code: 'schema.shape', message, help });
  }
  checkMoney(objectAt(spec, 'cost')['perCall'], ['cost', 'perCall'], report);
  checkAuth(objectAt(spec, 'auth'), below(report, ['auth']));
  const { maxResultBytes, type } = spec;
  if (typeof maxResultBytes === 'number' && maxResultBytes > resultBytesMax)
    report(['maxResultBytes'], { code: 'manifest.limit', message: '`maxResultBytes` must be at most 16MiB.' });
  if (spec['retry'] !== undefined) checkToolRetry(spec, report);
  if (typeof type !== 'string' || !types.includes(type)) return;
  checkBlocks(spec, type, report);
  checkIsolation(spec, type, report);
  blockChecks[type]?.(spec, report);
};

const resultBytesMax = 16 * 1024 * 1024;

const types = ['http', 'cli', 'mcp', 'code', 'wasm', 'container', 'human', 'retrieval', 'builtin'];

/** Types that connect to hosts of their own. */
const connecting = ['http', 'cli', 'container'];

/** A block of another type would be ignored, and what is written must be honoured. */
function checkBlocks(spec: JsonObject, type: string, report: Report): void {
  const fields = types.filter((other) => other !== type);
  if (!connecting.includes(type)) fields.push('egress');
  if (type !== 'http') fields.push('auth');
  if (!hasTiers(type)) fields.push('isolation');
  // A person is asked once, and has `human.ttl` to answer. A default is filled in already.
  if (type === 'human') fields.push('retry', 'idempotent', ...(spec['timeout'] === '30s' ? [] : ['timeout']));
  refuseFields(spec, { fields, what: `a tool of type ${type}` }, report);
}

function checkIsolation(spec: JsonObject, type: string, report: Report): void {
  if (!hasTiers(type)) return;
  const isolation = objectAt(spec, 'isolation');
  checkTier(isolation['min'], type, below(report, ['isolation', 'min']));
  if ((type === 'wasm' || type === 'code') && isolation['filesystem'] === 'scratch') {
    const message = `A tool of type ${type} has no files.`;
    report(['isolation', 'filesystem'], contradiction(message, 'Remove it, or write `none`.'));
  }
  if (type === 'container' && isolation['filesystem'] === 'none') {
    const message = 'A container sees the files of its image.';
    report(['isolation', 'filesystem'], contradiction(message, 'Remove it, or write `readOnly`.'));
  }
  if (!connecting.includes(type)) {
    if (isolation['network'] !== 'declared') return;
    const message = `A tool of type ${type} has no network.`;
    return report(['isolation', 'network'], contradiction(message, 'Remove it, or write `none`.'));
  }
  const declared = isolation['network'] === 'declared';
  if (declared && spec['egress'] === undefined) {
    const help = 'List the hosts in `egress`, or write `network: none`.';
    report(['isolation', 'network'], contradiction('No hosts are declared in `egress`.', help));
  }
  if (!declared && spec['egress'] !== undefined) {
    const help = 'Write `isolation: {network: declared}`, or remove `egress`.';
    report(['egress'], contradiction('`egress` has no meaning while `isolation.network` is `none`.', help));
  }
}

/** A call that may have done something is made again only if that does no harm. */
function checkToolRetry(spec: JsonObject, report: Report): void {
  checkRetry(objectAt(spec, 'retry'), below(report, ['retry']));
  const operations = [spec['operation']].flat();
  if (spec['idempotent'] === true || operations.every((operation) => operation === 'read')) return;
  report(['retry'], {
    part: 'key',
    code: 'tool.retry',
    message: 'The tool would do again what it may have done.',
    help: 'Write `idempotent: true` if the same call may be made twice, or remove `retry`.',
  });
}

const blockChecks: Readonly<Record<string, Check>> = {
  http: (spec, report) => {
    for (const { path, ...finding } of httpToolFindings(spec)) report(path, finding);
  },
  cli: (spec, report) => {
    const cli = objectAt(spec, 'cli');
    const { command } = cli;
    if (typeof command === 'string' && /[{}]/.test(command)) {
      const message = 'The program holds a placeholder: an argument would choose what runs.';
      report(['cli', 'command'], { code: 'tool.command', message, help: 'Write the program out.' });
    }
    if (objectAt(spec, 'isolation')['filesystem'] === 'none') {
      const message = 'A program is a file itself, and reads others to start.';
      report(
        ['isolation', 'filesystem'],
        contradiction(message, 'Write `readOnly`: it sees the system’s programs and nothing else.'),
      );
    }
    checkEnvironment(cli, below(report, ['cli']));
    for (const { path, ...finding } of placeholderFindings(spec, 'cli', ['args', 'stdin'])) report(path, finding);
  },
  container: (spec, report) => {
    const container = objectAt(spec, 'container');
    checkEnvironment(container, below(report, ['container']));
    const { image } = container;
    if (typeof image !== 'string' || image.includes('@sha256:')) return;
    const message = 'The image of a tool must be named by its digest: a tag can come to mean another one.';
    report(['container', 'image'], { code: 'tool.image_digest', message, help: 'Write `name@sha256:…`.' });
  },
  builtin: (spec, report) => {
    const builtin = objectAt(spec, 'builtin');
    const within = below(report, ['builtin']);
    if (builtin['name'] === 'lookup')
      requireFields(builtin, { fields: ['entries'], help: '`lookup` returns one of its entries.' }, within);
    else refuseFields(builtin, { fields: ['entries'], what: '`echo`' }, within);
  },
  code: (spec, report) => {
    const { memory } = objectAt(spec, 'isolation');
    if (typeof memory !== 'number' || memory >= engineBytesMin) return;
    const message = '`memory` of a function is at least 4MiB, of which its engine takes a part.';
    report(['isolation', 'memory'], { code: 'manifest.limit', message });
  },
  wasm: (spec, report) => {
    const { memory } = objectAt(spec, 'wasm');
    if (typeof memory !== 'number' || memory <= wasmBytesMax) return;
    report(['wasm', 'memory'], { code: 'manifest.limit', message: '`memory` of a WASM module is at most 4GiB.' });
  },
};

const wasmBytesMax = 4 * 1024 * 1024 * 1024;
const engineBytesMin = 4 * 1024 * 1024;
