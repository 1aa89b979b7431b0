import { setImmediate as nextTurn } from 'node:timers/promises';
import { RE2JS } from 're2js';
import type { GuardPattern, GuardProvider } from '../manifest/bundle-guard.ts';
import { type Check, GuardFailure, type GuardRequest, nothingFound, type TextFinding } from './guard.ts';
import { maskSpans, type Span } from './spans.ts';

type Regex = Extract<GuardProvider, { type: 'regex' }>;

/** A worker holds its leases on the same thread, and a pattern takes about half a second for a megabyte. */
const turnMs = 20;

/** Looks for patterns with RE2, whose time is linear in the text whatever the pattern is. */
export async function findPatterns(
  { patterns }: Regex,
  { texts }: GuardRequest,
  { signal }: Check,
): Promise<readonly TextFinding[]> {
  const compiled = patterns.map((pattern) => ({ pattern, matches: matcherOf(pattern) }));
  const findings: TextFinding[] = [];
  let turnedAt = performance.now();
  for (const text of texts) {
    const found: Record<string, number> = {};
    const spans: Span[] = [];
    for (const { pattern, matches } of compiled) {
      if (performance.now() - turnedAt > turnMs) {
        await nextTurn();
        signal.throwIfAborted();
        turnedAt = performance.now();
      }
      const spansOfPattern = matches(text);
      if (spansOfPattern.length > 0) found[pattern.name] = spansOfPattern.length;
      spans.push(...spansOfPattern);
    }
    findings.push(spans.length === 0 ? nothingFound : { found, masked: maskSpans(text, spans) });
  }
  return findings;
}

function matcherOf({ name, pattern, replacement }: GuardPattern): (text: string) => Span[] {
  const regex = compile(name, pattern);
  return (text) => {
    const spans: Span[] = [];
    const matcher = regex.matcher(text);
    // An empty match finds nothing that could be removed; validation refuses patterns that are nothing else.
    while (matcher.find()) {
      const [start, end] = [matcher.start(), matcher.end()];
      if (end > start) spans.push({ start, end, replacement, strength: 0 });
    }
    return spans;
  };
}

function compile(name: string, pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch {
    throw new GuardFailure(`The pattern ${name} does not compile.`);
  }
}
