import type { Json, JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';

const triggerTokensMin = 1000;
const retainRecentMax = 1000;

/** The `context` of an agent: compaction by tokens is kept, compaction by invocations is not known to pawl. */
export function importedContext(conversion: Conversion, compaction: ForeignNode): JsonObject | undefined {
  if (!compaction.exists) return undefined;
  const threshold = compaction.get('tokenThreshold');
  const tokens = threshold.number();
  for (const field of ['compactionInterval', 'overlapSize']) counted(compaction.get(field), tokens);
  const retain = compaction.get('eventRetentionSize').number();
  const summarizer = compaction.get('summarizer');
  const summarizerRef = summarizerOf(conversion, summarizer);
  if (tokens === undefined) {
    compaction.drop({
      message: 'The conversation is compacted by the number of invocations, and pawl does so by tokens alone.',
      help: 'Set `tokenThreshold`, or `context.compaction.triggerTokens` in what is written.',
    });
    return undefined;
  }
  if (tokens < triggerTokensMin)
    threshold.flag('import.compaction', `pawl compacts from ${triggerTokensMin} tokens on, which is written.`);
  if (!summarizer.exists)
    compaction.flag(
      'import.compaction',
      'kagent leaves older events out; pawl sums them up with the agent’s own model.',
    );
  return {
    compaction: given({
      triggerTokens: Math.max(tokens, triggerTokensMin),
      retainRecent: retain === undefined ? undefined : Math.min(Math.max(retain, 0), retainRecentMax),
      summarizerRef,
    }),
  };
}

function counted(node: ForeignNode, tokens: Json | undefined): void {
  node.json();
  if (node.exists && tokens !== undefined)
    node.drop({
      message: 'pawl compacts by tokens alone: how many invocations are between is not kept.',
      help: 'Nothing need be done where `tokenThreshold` says what is meant.',
    });
}

function summarizerOf(conversion: Conversion, summarizer: ForeignNode): string | undefined {
  const prompt = summarizer.get('promptTemplate');
  if ((prompt.text() ?? '') !== '')
    prompt.drop({
      message: 'pawl sums up in its own words: the prompt of the summarizer is left out.',
      help: 'Put what must never be forgotten into the prompt of the agent.',
    });
  const model = summarizer.get('modelConfig');
  const name = model.text() ?? '';
  if (name === '') return undefined;
  return conversion.refer(model, { kinds: ['ModelConfig'], name, as: 'ModelEndpoint' });
}
