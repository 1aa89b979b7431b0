import { isJsonObject, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { below, type Check, checkUnique, refuseFields, type Report } from './meaning-report.ts';
import { checkAuth, checkEnvironment } from './meaning-process.ts';
import { checkTier } from './meaning-tier.ts';

/** What is wrong with an McpServer beyond its shape. */
export const checkMcpServer: Check = (spec, report) => {
  const { transport } = spec;
  if (transport !== 'stdio' && transport !== 'http' && transport !== 'container') return;
  const fields = transportsOf(transport);
  refuseFields(spec, { fields, what: `a server of transport ${transport}` }, report);
  checkEnvironment(spec, report);
  if (transport === 'stdio') checkPackage(spec, report);
  checkAuth(objectAt(spec, 'auth'), below(report, ['auth']));
  checkHeaders(spec, report);
  const within = below(report, ['defaults']);
  const defaults = objectAt(spec, 'defaults');
  if (transport === 'http')
    refuseFields(defaults, { fields: ['isolation'], what: 'a server that runs elsewhere' }, within);
  else checkTier(defaults['isolation'], transport === 'container' ? 'container' : 'cli', below(within, ['isolation']));
};

/** The fields that belong to the other transports. */
function transportsOf(transport: string): readonly string[] {
  const process = ['command', 'args', 'env', 'egress'];
  const remote = ['url', 'headersFrom', 'auth', 'allowPrivate', 'gatewayRef'];
  if (transport === 'http') return [...process, 'image'];
  return transport === 'stdio' ? [...remote, 'image'] : remote;
}

/** Programs that fetch what they run: without an exact version it is another program whenever its owner says so. */
const fetching: Readonly<Record<string, readonly string[]>> = {
  npx: [],
  bunx: [],
  uvx: [],
  pnpm: ['dlx'],
  yarn: ['dlx'],
  npm: ['exec', 'x'],
};

function checkPackage(spec: JsonObject, report: Report): void {
  const command = typeof spec['command'] === 'string' ? (spec['command'].split('/').at(-1) ?? '') : '';
  const verbs = Object.hasOwn(fetching, command) ? fetching[command] : undefined;
  if (verbs === undefined) return;
  const args = listAt(spec, 'args').map(String);
  const plain = args.flatMap((arg, index) => (arg.startsWith('-') ? [] : [{ arg, index }]));
  const [first, second] = plain;
  const named = verbs.length === 0 ? first : first !== undefined && verbs.includes(first.arg) ? second : undefined;
  if (named === undefined || /(?:.@|==)\d+(?:\.\d+)+[\w.+-]*$/.test(named.arg) || /^[./]/.test(named.arg)) return;
  report(['args', named.index], {
    code: 'manifest.unversioned',
    severity: 'warning',
    blocks: 'apply',
    message: `\`${command}\` would run whatever version is the newest then.`,
    help: 'Write the exact version that was looked at, such as `tickets@1.4.0`.',
  });
}

function checkHeaders(spec: JsonObject, report: Report): void {
  const names = listAt(spec, 'headersFrom').map((header) => {
    const name = isJsonObject(header) ? header['name'] : undefined;
    return typeof name === 'string' ? name.toLowerCase() : undefined;
  });
  checkUnique(names, { path: ['headersFrom'], field: 'name', what: 'header' }, report);
  const index = names.indexOf('authorization');
  if (index < 0 || spec['auth'] === undefined) return;
  const message = '`auth` sends the header `Authorization` already.';
  report(['headersFrom', index, 'name'], { code: 'manifest.contradiction', message, help: 'Keep one of the two.' });
}
