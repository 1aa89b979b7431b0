import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { checkUnique, contradiction, refuseFields, type Report, below } from './meaning-report.ts';
import { parseDuration } from './duration.ts';

/** Variables of a process have one value each, and only a Secret becomes a file. */
export function checkEnvironment(holder: JsonObject, report: Report): void {
  const entries = listAt(holder, 'env');
  const names = entries.map((entry) => (isJsonObject(entry) ? entry['name'] : undefined));
  checkUnique(names, { path: ['env'], field: 'name', what: 'variable' }, report);
  for (const [index, entry] of entries.entries()) {
    if (!isJsonObject(entry) || entry['secretRef'] !== undefined) continue;
    refuseFields(entry, { fields: ['mountPath'], what: 'a literal value' }, below(report, ['env', index]));
  }
}

/** Only what its profile sends. */
export function checkAuth(auth: JsonObject, report: Report): void {
  const { profile } = auth;
  if (typeof profile !== 'string') return;
  const what = `the profile ${profile}`;
  if (profile !== 'apiKeyHeader') refuseFields(auth, { fields: ['headerName'], what }, report);
  if (profile !== 'oauth2ClientCredentials') refuseFields(auth, { fields: ['tokenUrl', 'scopes'], what }, report);
}

/** A pause that starts longer than it may become. */
export function checkRetry(retry: JsonObject, report: Report): void {
  const backoff = objectAt(retry, 'backoff');
  const initial = durationOf(backoff['initial']);
  const max = durationOf(backoff['max']);
  if (initial === undefined || max === undefined || initial <= max) return;
  report(['backoff', 'initial'], {
    ...contradiction('The first pause is longer than the longest one, `max`.', 'Lower it, or raise `max`.'),
    part: 'value',
  });
}

function durationOf(value: Json | undefined): number | undefined {
  return typeof value === 'string' ? parseDuration(value) : undefined;
}
