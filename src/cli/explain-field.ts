import { stringify } from 'yaml';
import { docName, type FieldDoc, propagationWords } from '../manifest/field-doc.ts';
import { namedFields } from '../manifest/field-lookup.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import { supportWords } from '../manifest/support.ts';
import type { Colors } from './terminal.ts';

export interface FieldLayout {
  readonly width: number;
  readonly colors: Colors;
}

/** A field as a page for the terminal: what it is, what it may be, when a change of it acts, and what is in it. */
export function renderField(doc: FieldDoc, layout: FieldLayout): string {
  const { colors, width } = layout;
  const sections = [
    `${colors.bold(docName(doc))}  ${colors.dim(doc.type)}`,
    wrapped(doc.description, { width }),
    factsOf(doc)
      .map(([name, text]) => fact(name, text, layout))
      .join('\n'),
    fieldLines(doc, layout),
    example(doc, colors),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** The same for programs: one level, with the fields beneath by name. */
export function fieldJson(doc: FieldDoc): JsonObject {
  return {
    field: docName(doc),
    type: doc.type,
    description: doc.description,
    required: doc.required,
    default: doc.default ?? null,
    values: doc.values,
    bounds: doc.bounds,
    pattern: doc.pattern ?? null,
    examples: doc.examples,
    propagation: doc.propagation ?? null,
    sensitive: doc.sensitive,
    support: { ...doc.support },
    fields: [...namedFields(doc).values()].map((field) => ({
      field: docName(field),
      type: field.type,
      required: field.required,
      description: field.description,
      support: { ...field.support },
    })),
  };
}

function factsOf(doc: FieldDoc): readonly (readonly [name: string, text: string])[] {
  const isField = doc.path.length > 0;
  return [
    ...(isField && doc.required ? [['required', 'yes'] as const] : []),
    ...(doc.default === undefined ? [] : [['default', oneLine(doc.default)] as const]),
    ...(doc.values.length === 0 ? [] : [['allowed', doc.values.join(', ')] as const]),
    ...(doc.bounds.length === 0 ? [] : [['limits', doc.bounds.join(', ')] as const]),
    ...(doc.propagation === undefined ? [] : [['changes', propagationWords[doc.propagation]] as const]),
    ...(doc.sensitive ? [['sensitive', 'Its value is never shown.'] as const] : []),
    ...(doc.fields.length > 0 && doc.support.kind === 'enforced'
      ? []
      : [['this build', supportWords(doc.support)] as const]),
  ];
}

const labelWidth = 12;

function fact(name: string, text: string, { width, colors }: FieldLayout): string {
  const lines = wrapped(text, { width, indent: labelWidth }).slice(labelWidth);
  return `${colors.cyan(name.padEnd(labelWidth))}${lines}`;
}

function fieldLines(doc: FieldDoc, { width, colors }: FieldLayout): string {
  const fields = doc.path.length === 0 ? fieldsOfKind(doc) : [...namedFields(doc)];
  if (fields.length === 0) return '';
  const lines = fields.flatMap(([name, field]) => {
    const marks = marksOf(field, doc);
    const inline = `  ${name}  ${marks}`.length <= width;
    return [
      inline ? `  ${colors.bold(name)}  ${colors.dim(marks)}` : `  ${colors.bold(name)}`,
      ...(inline ? [] : [colors.dim(wrapped(marks, { width, indent: 6 }))]),
      wrapped(firstSentence(field.description), { width, indent: 6 }),
    ];
  });
  return [`${colors.bold('Fields')}`, ...lines].join('\n');
}

/** What every kind has is known; what its spec holds is what an author asks about. */
function fieldsOfKind(doc: FieldDoc): (readonly [name: string, field: FieldDoc])[] {
  return [...namedFields(doc)].flatMap(([name, field]) =>
    name === 'spec'
      ? Array.from(namedFields(field), ([inner, one]) => [`spec.${inner}`, one] as const)
      : [[name, field] as const],
  );
}

/** What is said of the whole is not said again of each part. */
function marksOf(field: FieldDoc, whole: FieldDoc): string {
  const isNews = isMissing(field) && !isMissing(whole);
  return [field.type, ...(field.required ? ['required'] : []), ...(isNews ? ['not in this build'] : [])].join(', ');
}

function isMissing({ support }: FieldDoc): boolean {
  return support.kind === 'missing';
}

function firstSentence(text: string): string {
  const end = text.search(/[.:;] |\.$/);
  return end < 0 ? text : `${text.slice(0, end)}.`;
}

function example({ examples, path }: FieldDoc, colors: Colors): string {
  if (examples.length === 0) return '';
  const shown = path.length === 0 ? examples.slice(0, 1) : examples;
  const texts = shown.map((one) => stringify(one, { lineWidth: 0 }).trimEnd());
  const lines = texts.join(path.length === 0 ? '\n---\n' : '\n').split('\n');
  return [colors.bold(shown.length === 1 ? 'Example' : 'Examples'), ...lines.map((line) => `  ${line}`)].join('\n');
}

function oneLine(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

interface Wrapping {
  readonly width: number;
  readonly indent?: number;
}

/** At blanks; a word that is longer than the line stands alone. */
function wrapped(text: string, { width, indent = 0 }: Wrapping): string {
  const margin = ' '.repeat(indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => `${margin}${one}`).join('\n');
}
