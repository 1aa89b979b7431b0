import { Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';

/** CEL as every expression of a manifest is written in: who calls says what it reads. */
export function celEnvironment(): Environment {
  return (
    new Environment({
      unlistedVariablesAreDyn: false,
      homogeneousAggregateLiterals: false,
      // `input.?name.orValue("none")` reads what may be missing.
      enableOptionalTypes: true,
      limits: { maxAstNodes: 4_096, maxDepth: 64 },
    })
      // `matches` runs on backtracking patterns, so it is refused; this one is linear.
      .registerFunction('re2(string, string): bool', (text: string, pattern: string) =>
        RE2JS.compile(pattern).matcher(text).find(),
      )
  );
}

/** Where in an expression the library's error is, counted from its start. */
export function offsetOf(error: unknown): number {
  const range = typeof error === 'object' && error !== null && 'range' in error ? error.range : undefined;
  const start = typeof range === 'object' && range !== null && 'start' in range ? range.start : undefined;
  return typeof start === 'number' ? start : 0;
}
