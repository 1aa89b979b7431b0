import type { Document } from './document.ts';
import { type JsonObject, own } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { didYouMean } from './nearest.ts';
import { patchAnnotation } from './patch.ts';
import { problemIn } from './position.ts';
import type { Problem } from './problem.ts';
import { protectAnnotation, protectFinding } from './protection.ts';
import { shareAnnotation, shareFinding } from './share.ts';
import { shownText } from './shown.ts';
import type { Finding } from './text.ts';

const ours: readonly string[] = [shareAnnotation, patchAnnotation, protectAnnotation];

const findings: Readonly<Record<string, (value: string) => Finding | undefined>> = {
  [shareAnnotation]: shareFinding,
  [protectAnnotation]: protectFinding,
};

/** What is wrong with the annotations that pawl itself reads: all that start with `pawl/`. */
export function annotationProblems(manifest: JsonObject, document: Document): Problem[] {
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(objectAt(objectAt(manifest, 'metadata'), 'annotations'))) {
    if (!name.startsWith('pawl/') || typeof value !== 'string') continue;
    const path = ['metadata', 'annotations', name];
    const finding = own(findings, name)?.(value);
    if (finding !== undefined) problems.push(problemIn(document, path, finding));
    if (ours.includes(name)) continue;
    const message = `\`${shownText(name)}\` is no annotation of pawl's.`;
    const help =
      didYouMean(name, ours) ?? `Those are ${ours.map((one) => `\`${one}\``).join(', ')}; use a prefix of your own.`;
    problems.push(problemIn(document, path, { part: 'key', code: 'manifest.annotation', message, help }));
  }
  return problems;
}
