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
  const remote = ['url', 'headersFrom', 'auth', 'allowPrivate'];
  if (transport === 'http') return [...process, 'image'];
  return transport === 'stdio' ? [...remote, 'image'] : remote;
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
