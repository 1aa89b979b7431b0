import { parseArgs } from 'node:util';

export interface BenchArguments {
  /** Lower case, as the files are named. */
  readonly ids: readonly string[];
  readonly rounds: number;
  readonly warmup: number;
  /** Where the JSON goes. */
  readonly json: string;
  /** That this process is one contender's, which is asked for rounds by another. */
  readonly contender?: string;
}

/** Reads `P1 W1 --rounds 5 --warmup 3 --json out.json`. */
export function parseArguments(args: readonly string[], known: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      warmup: { type: 'string' },
      json: { type: 'string', default: '.pawl/bench.json' },
      contender: { type: 'string' },
    },
  });
  const ids = positionals.map((id) => id.toLowerCase());
  const unknown = ids.filter((id) => !known.includes(id));
  if (ids.length === 0 || unknown.length > 0) {
    const all = known.map((id) => id.toUpperCase()).join(', ');
    throw new Error(`Say which benchmarks to run, of ${all}: npm run bench -- ${known[0]?.toUpperCase() ?? 'P1'}`);
  }
  return {
    ids,
    rounds: count('rounds', values.rounds ?? '5', 1),
    warmup: count('warmup', values.warmup ?? '3', 0),
    json: values.json,
    ...(values.contender === undefined ? {} : { contender: values.contender }),
  };
}

function count(flag: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= 1000) return value;
  throw new Error(`--${flag} is ${text}; it must be a whole number from ${min} to 1000.`);
}
