import { sha256 } from '../../src/manifest/digest.ts';
import type { MemoryAnswer } from './memory-answer.ts';
import type { MemoryWait } from './memory-rows.ts';

/** The same to the same question, whoever answers; changes are asked for up to three times. */
export function answerTo({ path, kind }: MemoryWait, by: string): MemoryAnswer | undefined {
  if (kind === 'human') return { as: 'filled', by, output: { said: path } };
  if (kind !== 'review') return undefined;
  const asks = Number.parseInt(sha256(path).slice(0, 2), 16) % 2 === 0 && !path.includes('@r4/');
  return asks ? { as: 'changes', by, text: 'shorter' } : { as: 'approve', by };
}
