import { InvalidArgumentError, Option } from 'commander';

/** `--env`, of which a command needs none where pawl.yaml declares one environment. */
export function environment(): Option {
  return new Option('--env <name>', 'the environment; not needed where pawl.yaml declares one');
}

/** `--output`: the first format is the one that is written without it. */
export function output(first: string, ...others: readonly string[]): Option {
  return new Option('-o, --output <format>', 'format of the data').choices([first, ...others]).default(first);
}

/** How many of something are wanted. */
export function count(text: string): number {
  return wholeNumber(text, 1, 1_000);
}

/** A number without a sign or a fraction, within bounds. */
export function wholeNumber(text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`A whole number from ${least} to ${most} is wanted.`);
}

/** Every value of an option that may be given again. */
export function collect(text: string, collected: readonly string[] = []): readonly string[] {
  return [...collected, text];
}
