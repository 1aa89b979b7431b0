import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument } from '../foreign.ts';
import { shareOf } from './allowed-namespaces.ts';

/** kagent sets no such limits; pawl's own are written, so that they are seen. */
export const writtenLimits = { maxSteps: 10, timeout: '5m' } as const;

/** Hands in the Agent that a document became, unless it was refused. */
export function becomeAgent(conversion: Conversion, document: ForeignDocument, spec: JsonObject): void {
  const annotations = { ...document.annotations, ...shareOf(conversion, document) };
  const { labels } = document;
  if (document.isRefused) return;
  const identity = conversion.identityOf(document);
  if (spec['limits'] !== undefined)
    document.spec.flag(
      'import.default_limit',
      `kagent limits neither the steps of an agent nor its time: pawl’s own limits are written, ${writtenLimits.maxSteps} steps and ${writtenLimits.timeout}.`,
    );
  conversion.emit(document, { ...identity, labels, annotations, spec });
}
