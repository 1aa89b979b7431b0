import { sha256 } from '../manifest/digest.ts';
import { isJsonObject, type Json, own } from '../manifest/json.ts';
import type { GateCall } from '../policy/context.ts';
import { isEmbedding } from '../policy/embedding-path.ts';
import type { RecordedRow } from '../run/journal-entry.ts';
import { argumentsOf } from '../store/audit-call.ts';
import type { Database } from '../store/database.ts';
import { textOf, unattempted, type WhyFacts } from './why-facts.ts';

/** What was asked of the gate; undefined: the record does not hold it. `without` is told what is missing. */
export async function askedOf(database: Database, facts: WhyFacts, without: string[]): Promise<GateCall | undefined> {
  const { call, kind, recorded, rows, said, target } = facts;
  const subject = facts.subject as GateCall['subject'];
  if (kind === 'model') {
    const input = said?.['input'];
    const embeds = isEmbedding(call) ? ({ embeds: true } as const) : {};
    if (typeof input === 'number') return { kind, subject, model: target, inputTokens: input, ...embeds };
    // A verdict of an earlier check has none: the prompt was not measured for it.
    if (recorded.kind === 'allow')
      without.push('The size of the prompt is not recorded: whether it fitted is not decided again.');
    return { kind, subject, model: target, inputTokens: 0, ...embeds };
  }
  const again = call !== unattempted(call);
  const written = writtenCall(rows, unattempted(call));
  const sent = await argumentsOf(database, facts.run, call);
  const masked = sent !== undefined && sha256(sent) !== said?.['args'] ? textOf(said?.['args']) : undefined;
  if (written !== undefined && masked === undefined) {
    if (isMaskedUnseen(facts))
      without.push('What a guard masked of the arguments is not in the record: they are taken as they were written.');
    return { kind, subject, ...written, again };
  }
  if (sent !== undefined) {
    const of = masked === undefined ? {} : { written: masked };
    return { kind, subject, name: written?.name ?? nameOf(facts), arguments: sent, again, ...of };
  }
  without.push(
    said?.['args'] === undefined
      ? 'The arguments were refused before they had a digest, and are not in the record.'
      : 'The arguments of a refused call are not in the record, only their digest.',
  );
  return undefined;
}

/** Guards looked at a call that was not let through: what they made of its arguments was never written. */
function isMaskedUnseen({ said, recorded }: WhyFacts): boolean {
  return recorded.kind !== 'allow' && Array.isArray(said?.['guards']) && said['guards'].length > 0;
}

/** The name by which an agent knows the tool that was called. */
function nameOf({ content, subject, target }: WhyFacts): string {
  const agent = subject.startsWith('Agent/') ? own(content.agents, subject.slice('Agent/'.length)) : undefined;
  const name = agent && Object.keys(agent.tools).find((one) => agent.tools[one] === target);
  return name ?? target;
}

/** What the model wrote that made the call: `place/turn.index` is the index-th of the answer at `place/turn`. */
function writtenCall(
  rows: readonly RecordedRow[],
  call: string,
): { readonly name: string; readonly arguments: string } | undefined {
  const [, turn, index] = /^(.*\/\d+)\.(\d+)$/.exec(call) ?? [];
  if (turn === undefined) return undefined;
  const answer = rows.findLast(
    (row) => unattempted(row.path) === turn && row.outcome === 'done' && row.kind === 'model',
  );
  if (answer?.body === undefined) return undefined;
  const { toolCalls } = JSON.parse(answer.body) as { readonly toolCalls?: Json };
  const made = Array.isArray(toolCalls) ? toolCalls[Number(index) - 1] : undefined;
  if (!isJsonObject(made)) return undefined;
  return { name: textOf(made['name']) ?? '', arguments: textOf(made['arguments']) ?? '' };
}
