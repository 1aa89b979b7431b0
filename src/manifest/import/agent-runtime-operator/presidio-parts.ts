import type { ForeignNode } from '../foreign.ts';

/** Entities of Presidio that share what follows from a finding and from which score it counts. */
export interface PresidioPart {
  readonly action: 'mask' | 'block';
  readonly minScore: number;
  /** Undefined: all that the analyzer knows. */
  readonly entities: readonly string[] | undefined;
}

const actions: Readonly<Record<string, PresidioPart['action']>> = { MASK: 'mask', BLOCK: 'block' };

/** A Guard of pawl's has one action and one score: the settings of one there, as as many as it takes. */
export function presidioParts(presidio: ForeignNode): readonly PresidioPart[] {
  const scores = scoresOf(presidio.get('scoreThresholds'));
  const fallback = scores.get('ALL') ?? 0;
  const named = presidio.get('entityActions').entries();
  if (named.length === 0) return partsOfAll(scores, fallback, presidio);
  const parts = new Map<string, { action: PresidioPart['action']; minScore: number; entities: string[] }>();
  for (const [entity, node] of named) {
    const action = actions[node.text() ?? ''];
    if (action === undefined)
      node.refuse({ message: `\`${node.field}\` is neither \`MASK\` nor \`BLOCK\`.`, help: 'Write one of the two.' });
    else if (isEntity(entity, node)) {
      const minScore = scores.get(entity) ?? fallback;
      const key = `${action} ${minScore}`;
      const part = parts.get(key) ?? { action, minScore, entities: [] };
      part.entities.push(entity);
      parts.set(key, part);
    }
  }
  for (const entity of scores.keys()) {
    if (entity === 'ALL' || named.some(([name]) => name === entity)) continue;
    presidio
      .at('scoreThresholds', entity)
      .ignore('No action names the entity, so that it is not looked for, and its score says nothing.');
  }
  return [...parts.values()];
}

/** Without actions everything that is found is masked; a single entity can only be found from a lower score on. */
function partsOfAll(
  scores: ReadonlyMap<string, number>,
  fallback: number,
  presidio: ForeignNode,
): readonly PresidioPart[] {
  const parts: PresidioPart[] = [{ action: 'mask', minScore: fallback, entities: undefined }];
  for (const [entity, minScore] of scores) {
    const node = presidio.at('scoreThresholds', entity);
    if (entity === 'ALL' || !isEntity(entity, node) || minScore === fallback) continue;
    if (minScore < fallback) parts.push({ action: 'mask', minScore, entities: [entity] });
    else
      node.flag(
        'import.stricter',
        `\`${entity}\` is masked from the score ${fallback} on, which holds for all entities.`,
      );
  }
  return parts;
}

function scoresOf(thresholds: ForeignNode): ReadonlyMap<string, number> {
  const scores = new Map<string, number>();
  for (const [entity, node] of thresholds.entries()) {
    const text = node.text() ?? '';
    const score = /^[0-9]+(\.[0-9]+)?$|^\.[0-9]+$/.test(text) ? Number(text) : Number.NaN;
    if (score >= 0 && score <= 1) scores.set(entity, score);
    else
      node.refuse({
        message: `\`${node.field}\` is no score from 0 to 1.`,
        help: 'Write one, such as `"0.7"`.',
      });
  }
  return scores;
}

function isEntity(entity: string, node: ForeignNode): boolean {
  if (/^[A-Z][A-Z0-9_]{0,63}$/.test(entity)) return true;
  const message = `\`${node.field}\` names no entity: those of Presidio are written in capitals, such as \`US_SSN\`.`;
  node.refuse({ message, help: 'Correct the name.' });
  return false;
}
