import type { JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { checkUrl } from './meaning-field.ts';
import { below, type Check, contradiction, refuseFields, type Report, requireFields } from './meaning-report.ts';
import { shownText } from './shown.ts';

/** What is wrong with a Memory beyond its shape. */
export const checkMemory: Check = (spec, report) => {
  const { type } = spec;
  if (type !== 'postgres' && type !== 'inMemory' && type !== 'http') return;
  if (type !== 'http') refuseFields(spec, { fields: ['http'], what: `a memory of type ${type}` }, report);
  else checkService(objectAt(spec, 'http'), below(report, ['http']));
  if (type === 'inMemory')
    return refuseFields(spec, { fields: ['longTerm'], what: 'a memory that ends with its worker' }, report);
  if (spec['longTerm'] === undefined) return;
  const longTerm = objectAt(spec, 'longTerm');
  const within = below(report, ['longTerm']);
  if (type === 'http') {
    const what = 'a memory of type http, whose service makes its own embeddings';
    return refuseFields(longTerm, { fields: ['embeddingRef', 'dimensions'], what }, within);
  }
  if (longTerm['embeddingRef'] !== undefined)
    return requireFields(longTerm, { fields: ['dimensions'], help: 'Write how long its embeddings are.' }, within);
  refuseFields(longTerm, { fields: ['dimensions'], what: 'a memory without `embeddingRef`' }, within);
  if (Number(longTerm['minScore']) > 0)
    within(['minScore'], contradiction('Without `embeddingRef` memories are found by words, which have no score.'));
};

/** What is asked goes to paths beneath the URL: nothing may stand behind its own path. */
function checkService(service: JsonObject, report: Report): void {
  const { url } = service;
  if (typeof url !== 'string') return;
  if (isServiceUrl(url)) return checkUrl(service, 'url', report);
  const message = `\`${shownText(url)}\` is no address beneath which a service can be asked.`;
  const help = 'Write a host and a path that exist, without `?` and `#`.';
  report(['url'], { code: 'manifest.url', message, help });
}

/** Whether pawl can ask a service at paths beneath it. */
export function isServiceUrl(url: string): boolean {
  return URL.canParse(url) && !/[?#]/.test(url);
}
