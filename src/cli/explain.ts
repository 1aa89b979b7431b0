import { codes, explain } from '../codes.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { docName } from '../manifest/field-doc.ts';
import { type FieldLookup, kindWords, lookupField, namedFields } from '../manifest/field-lookup.ts';
import { nearest } from '../manifest/nearest.ts';
import { shownText } from '../manifest/shown.ts';
import { decisionDoc } from '../plan/decision-docs.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';
import { wrap } from './wrap.ts';
import { fieldJson, renderField } from './explain-field.ts';
import { renderTable } from './table.ts';

export interface ExplainOptions {
  /** A code, a risk or a guard of a plan, a kind, or a field by its path. */
  readonly subject: string | undefined;
  readonly output: string;
}

export async function explainCommand(context: CliContext, { subject, output }: ExplainOptions): Promise<ExitCode> {
  const { terminal } = context;
  if (subject === undefined) return explainCodes(context, output);
  const code = explain(subject);
  const told = code === undefined ? decisionDoc(subject) : { name: subject, doc: code };
  if (told !== undefined) {
    const { name, doc } = told;
    if (output === 'json') json(terminal, { code: name, ...doc });
    else {
      const said = [`Cause: ${doc.cause}`, `Cure:  ${doc.cure}`].map((text) => wrap(text, terminal.tableWidth));
      terminal.out([`${terminal.colors.bold(name)}  ${doc.title}`, '', ...said].join('\n'));
    }
    return exitCodes.success;
  }
  const found = lookupField(subject);
  if (found.kind !== 'found') throw unknown(subject, found);
  if (output === 'json') json(terminal, fieldJson(found.doc));
  else terminal.out(renderField(found.doc, { width: terminal.width, colors: terminal.colors }));
  return exitCodes.success;
}

function explainCodes({ terminal }: CliContext, output: string): ExitCode {
  const rows = Object.entries(codes).map(([code, doc]) => [code, doc.title]);
  if (output === 'json') json(terminal, { codes });
  else terminal.out(renderTable(['CODE', 'TITLE'], rows, terminal.tableWidth));
  return exitCodes.success;
}

function unknown(subject: string, found: Exclude<FieldLookup, { kind: 'found' }>): TerminalError {
  // Codes and paths both have dots; only a code has one and is all lower-case.
  const code = /^[a-z]+\.[a-z_]+$/.test(subject) ? nearest(subject, Object.keys(codes)) : undefined;
  if (found.kind === 'no-kind' || code !== undefined) return unknownCode(subject, code);
  const { within, step, meant } = found;
  const fields = [...namedFields(within).keys()];
  const instead =
    fields.length === 0 ? `${docName(within)} has no fields.` : `Fields of ${docName(within)}: ${fields.join(', ')}.`;
  return new TerminalError(`${docName(within)} has no field "${shownText(step)}".`, {
    code: 'cli.unknown_field',
    help: meant.length === 0 ? instead : `Did you mean ${meant.map((path) => `"${path}"`).join(' or ')}?`,
    exit: exitCodes.usage,
  });
}

function unknownCode(subject: string, code: string | undefined): TerminalError {
  const guess = code ?? guessedPath(subject);
  return new TerminalError(`There is no code and no kind "${shownText(subject)}".`, {
    code: 'cli.unknown_code',
    help:
      guess === undefined
        ? 'Run `pawl explain` to list all codes; the kinds are in `pawl schema --help`.'
        : `Did you mean "${guess}"?`,
    exit: exitCodes.usage,
  });
}

/** The path with its first word put right. */
function guessedPath(subject: string): string | undefined {
  const [first = ''] = subject.split(/[.[]/);
  const kind = nearest(first, kindWords);
  return kind === undefined ? undefined : `${kind}${subject.slice(first.length)}`;
}
