import { isScalar, parseAllDocuments, type Document as YamlDocument } from 'yaml';
import { nameFault, shownPath } from './file-name.ts';
import type { Json } from './json.ts';
import { defaultFileLimits, fileTooLarge, problemsMax } from './limits.ts';
import { type Lost, lostInText, lostWhole } from './lost.ts';
import { nodeValue } from './node-value.ts';
import { readPlainYaml } from './plain-yaml.ts';
import type { Problem } from './problem.ts';
import type { Place } from './resource.ts';
import { commentSecrets } from './secret-comment.ts';
import { decodeText, lineAndColumn, problemAt, type Source } from './text.ts';
import { faultsToSay, syntaxProblem, type Fault } from './yaml-fault.ts';
import { nestsTooDeep } from './yaml-depth.ts';
import { rowFault } from './yaml-row.ts';

/** One document of a file, as plain values; what is written where is found again from the text when it is asked for. */
export interface Document {
  readonly value: Json;
  /** Where its first value starts. */
  readonly place: Place;
  /** Which document of the file it is, empty ones counted. */
  readonly index: number;
  readonly source: Source;
  /** Where the value was put together from a manifest and its patches: these, as they are written, the last to win. */
  readonly layers?: readonly Document[];
}

export interface ParsedFile {
  readonly documents: readonly Document[];
  readonly problems: readonly Problem[];
  /** What the documents that cannot be read may declare. */
  readonly lost: readonly Lost[];
}

export interface SourceFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Strict YAML 1.2 or JSON: whatever could be read in two ways is refused, with its position. */
export function parseDocuments(file: SourceFile, fileBytesMax: number = defaultFileLimits.fileBytesMax): ParsedFile {
  const fault = nameFault(file.path);
  const shown = shownPath(file.path);
  if (fault !== undefined) {
    const finding = { code: 'manifest.file_name', message: `The file name ${fault}.`, help: 'Rename the file.' };
    return { documents: [], problems: [problemAt({ file: shown, text: '' }, 0, finding)], lost: [lostWhole] };
  }
  if (file.bytes.byteLength > fileBytesMax) {
    const problems = [fileTooLarge(file.path, file.bytes.byteLength, fileBytesMax)];
    return { documents: [], problems, lost: [lostWhole] };
  }
  const { source, problems } = decodeText(file.bytes, shown);
  if (problems.length > 0) return { documents: [], problems, lost: [lostWhole] };
  return parseSource(source);
}

function parseSource(source: Source): ParsedFile {
  const plain = readPlainYaml(source.text);
  if (plain === undefined) return parseByLibrary(source);
  const documents = plain.map(({ value, index, start }) => ({ value, index, source, place: placeOf(source, start) }));
  return { documents, problems: commentSecrets(source), lost: [] };
}

function placeOf(source: Source, offset: number): Place {
  return { file: source.file, ...lineAndColumn(source.text, offset) };
}

/** What `parseDocuments` gives where a text is not plain, and would give where it is: tests hold both together. */
export function parseByLibrary(source: Source): ParsedFile {
  const documents: Document[] = [];
  const parsed = parseAll(source.text);
  const problems = [...faultProblems(parsed.faults, source), ...commentSecrets(source)];
  const lost: Lost[] = parsed.isRefused === true ? [lostInText(source.text)] : [];
  for (const [index, document] of parsed.documents.entries()) {
    const read = readDocument(document, source, index);
    problems.push(...read.problems);
    if (read.document !== undefined) documents.push(read.document);
    else if (read.problems.length > 0) lost.push(lostInText(source.text.slice(document.range[0], document.range[2])));
  }
  return { documents, problems, lost };
}

/** The options matter: `uniqueKeys` is quadratic in the library, and integers beyond 2^53 are rounded silently. */
export function parseYaml(text: string): readonly YamlDocument.Parsed[] {
  return parseAll(text).documents;
}

interface Parsed {
  readonly documents: readonly YamlDocument.Parsed[];
  /** Faults of a file without documents (a lone directive) belong to no document. */
  readonly faults: readonly Fault[];
  /** It was not read to its end. */
  readonly isRefused?: true;
}

function parseAll(text: string): Parsed {
  if (nestsTooDeep(text)) return refused(tooDeep);
  const fault = rowFault(text);
  if (fault !== undefined) return refused(fault);
  try {
    const parsed = parseAllDocuments(text, {
      version: '1.2',
      schema: 'core',
      strict: true,
      stringKeys: true,
      uniqueKeys: false,
      intAsBigInt: true,
      prettyErrors: false,
      logLevel: 'silent',
    });
    return 'empty' in parsed
      ? { documents: [], faults: [...parsed.errors, ...parsed.warnings] }
      : { documents: parsed, faults: [] };
  } catch (error) {
    // The parser recurses where blocks end, and thousands of them end the stack, which it does not catch.
    if (error instanceof RangeError) return refused(tooDeep);
    throw error;
  }
}

function refused(fault: Fault): Parsed {
  return { documents: [], faults: [fault], isRefused: true };
}

const tooDeep: Fault = { code: 'IMPOSSIBLE', message: 'Maximum call stack size exceeded', pos: [0, 1] };

function readDocument(
  document: YamlDocument.Parsed,
  source: Source,
  index: number,
): { document?: Document; problems: Problem[] } {
  const problems = syntaxProblems(document, source);
  if (problems.length > 0 || isEmpty(document)) return { problems };
  const value = nodeValue(document.contents, (offset, finding, end) => {
    if (problems.length < problemsMax)
      problems.push(problemAt(source, end === undefined ? offset : [offset, end], finding));
  });
  if (problems.length > 0 || value === undefined) return { problems };
  const start = document.contents?.range[0] ?? document.range[0];
  return {
    document: { value, index, source, place: placeOf(source, start) },
    problems,
  };
}

/** Nothing but comments and markers. A written `null` is no empty document, and no manifest either. */
function isEmpty(document: YamlDocument.Parsed): boolean {
  const contents = document.contents;
  return contents === null || (isScalar(contents) && contents.range[0] === contents.range[1]);
}

/** The library only warns of unknown tags and directives; whatever it doubts is an error here. */
function syntaxProblems(document: YamlDocument.Parsed, source: Source): Problem[] {
  const problems: Problem[] = [];
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    const message = `The directive asks for YAML ${document.directives.yaml.version}, which reads \`no\` as false; manifests are YAML 1.2.`;
    const offset = Math.max(0, source.text.lastIndexOf('%YAML', document.range[0]));
    problems.push(
      problemAt(source, [offset, offset + 5], { code: 'yaml.version', message, help: 'Remove the %YAML directive.' }),
    );
    return problems;
  }
  return faultProblems([...document.errors, ...document.warnings], source);
}

function faultProblems(faults: readonly Fault[], source: Source): Problem[] {
  // The parser recurses and reports the end of its stack as a syntax error, once for each level.
  const deep = faults.find((fault) => fault.message.startsWith('Maximum call stack'));
  if (deep !== undefined) {
    return [
      problemAt(source, 0, {
        code: 'yaml.depth',
        message: 'The document nests too deep to be read.',
        help: 'Nest at most 64 levels.',
      }),
    ];
  }
  return faultsToSay(faults).map((fault) => syntaxProblem(fault, source));
}
