import { isJsonObject, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { checkUrl } from './meaning-field.ts';
import { checkAuth } from './meaning-process.ts';
import {
  below,
  type Check,
  checkUnique,
  contradiction,
  refuseFields,
  requireFields,
  type Report,
} from './meaning-report.ts';

/** What is wrong with a Gateway beyond its shape. */
export const checkGateway: Check = (spec, report) => {
  const { type } = spec;
  if (typeof type !== 'string') return;
  const what = `${type === 'agent' ? 'an' : 'a'} ${type} gateway`;
  if (type === 'model') {
    requireFields(spec, { fields: ['provider'], help: 'Say whose protocol the gateway speaks.' }, report);
  } else refuseFields(spec, { fields: ['provider'], what }, report);
  if (type === 'agent') {
    requireFields(spec, { fields: ['exposes'], help: 'List the agents that it serves.' }, report);
    refuseFields(spec, { fields: ['auth', 'allowPrivate'], what }, report);
    checkExposed(spec, report);
  } else refuseFields(spec, { fields: ['exposes'], what }, report);
  checkClass(spec, report);
  checkAuth(objectAt(spec, 'auth'), below(report, ['auth']));
  checkUrl(spec, 'url', report);
};

function checkClass(spec: JsonObject, report: Report): void {
  if (spec['class'] === 'builtin' && spec['type'] !== 'agent') {
    const message = "pawl's own server is a gateway for agents only.";
    return report(['class'], {
      ...contradiction(message, 'Use `external`, with the `url` of the gateway.'),
      part: 'value',
    });
  }
  if (spec['class'] !== 'builtin') requireFields(spec, { fields: ['url'], help: 'Say where the gateway is.' }, report);
}

function checkExposed(spec: JsonObject, report: Report): void {
  const exposed = listAt(spec, 'exposes').filter(isJsonObject);
  const at = { path: ['exposes'] };
  checkUnique(
    exposed.map((one) => one['agentRef']),
    { ...at, field: 'agentRef', what: 'agent' },
    report,
  );
  checkUnique(
    exposed.map((one) => one['path']),
    { ...at, field: 'path', what: 'path' },
    report,
  );
}
