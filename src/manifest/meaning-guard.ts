import { isJsonObject, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { checkPattern, checkUrl } from './meaning-field.ts';
import { checkAuth } from './meaning-process.ts';
import { below, type Check, checkUnique, contradiction, refuseFields, type Report } from './meaning-report.ts';

const blocks = ['regex', 'http', 'presidio', 'openaiModeration'];

/** What is wrong with a Guard beyond its shape. */
export const checkGuard: Check = (spec, report) => {
  const provider = objectAt(spec, 'provider');
  const { type } = provider;
  if (typeof type !== 'string') return;
  const within = below(report, ['provider']);
  refuseFields(
    provider,
    { fields: blocks.filter((block) => block !== type), what: `a provider of type ${type}` },
    within,
  );
  for (const block of ['http', 'presidio']) {
    const service = objectAt(provider, block);
    checkUrl(service, 'url', below(within, [block]));
    checkAuth(objectAt(service, 'auth'), below(within, [block, 'auth']));
  }
  checkUrl(objectAt(provider, 'openaiModeration'), 'baseUrl', below(within, ['openaiModeration']));
  checkPatterns(objectAt(provider, 'regex'), below(within, ['regex']));
  if (type !== 'openaiModeration' || spec['action'] !== 'mask') return;
  const message = 'The moderation endpoint says that a text is harmful, and not where: nothing can be masked.';
  report(['action'], { ...contradiction(message, 'Use `block` or `audit`.'), part: 'value' });
};

function checkPatterns(regex: JsonObject, report: Report): void {
  const patterns = listAt(regex, 'patterns');
  const names = patterns.map((pattern) => (isJsonObject(pattern) ? pattern['name'] : undefined));
  checkUnique(names, { path: ['patterns'], field: 'name', what: 'pattern' }, report);
  for (const [index, pattern] of patterns.entries()) {
    if (isJsonObject(pattern)) checkPattern(pattern['pattern'], ['patterns', index, 'pattern'], report);
  }
}
