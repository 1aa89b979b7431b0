import { objectAt } from './manifest-reference.ts';
import { below, type Check, contradiction, refuseFields, requireFields } from './meaning-report.ts';

/** What is wrong with a Memory beyond its shape. */
export const checkMemory: Check = (spec, report) => {
  const { type } = spec;
  if (type !== 'postgres' && type !== 'inMemory' && type !== 'http') return;
  if (type !== 'http') refuseFields(spec, { fields: ['http'], what: `a memory of type ${type}` }, report);
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
