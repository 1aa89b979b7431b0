import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { type SchemaDraft, schemaText } from '../manifest/editor-schema.ts';
import { kindNamed, kindWords } from '../manifest/field-lookup.ts';
import { nearest } from '../manifest/nearest.ts';
import { shownText } from '../manifest/shown.ts';
import type { CliContext } from './context.ts';

export interface SchemaOptions {
  /** Absent: one schema for all kinds. */
  readonly kind: string | undefined;
  readonly draft: SchemaDraft;
}

export async function schemaCommand({ terminal }: CliContext, { kind, draft }: SchemaOptions): Promise<ExitCode> {
  const title = kind === undefined ? undefined : kindNamed(kind);
  if (kind !== undefined && title === undefined) throw unknownKind(kind);
  terminal.out(schemaText(title, draft).trimEnd());
  return exitCodes.success;
}

function unknownKind(kind: string): TerminalError {
  const guess = nearest(kind, kindWords);
  return new TerminalError(`There is no kind "${shownText(kind)}".`, {
    code: 'cli.unknown_kind',
    help: guess === undefined ? `One of: ${kindWords.join(', ')}.` : `Did you mean "${guess}"?`,
    exit: exitCodes.usage,
  });
}
