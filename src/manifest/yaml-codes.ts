import type { CodeDoc } from './problem.ts';

/** What can be wrong with a file before its documents mean anything. */
export const yamlCodes = {
  'yaml.syntax': {
    title: 'Not valid YAML',
    cause: 'The text does not parse as YAML 1.2 or JSON.',
    cure: 'Correct it at the place that is named.',
  },
  'yaml.encoding': {
    title: 'Not UTF-8',
    cause: 'The bytes are not UTF-8, or a byte order mark stands inside the text.',
    cure: 'Save the file as UTF-8.',
  },
  'yaml.nul': {
    title: 'NUL character',
    cause: 'The text holds a NUL, as files in UTF-16 do.',
    cure: 'Remove it, or save the file as UTF-8.',
  },
  'yaml.surrogate': {
    title: 'Half a character',
    cause: 'An escape gives half of a surrogate pair, which is no text.',
    cure: 'Write the character itself.',
  },
  'yaml.version': {
    title: 'Another YAML version',
    cause: 'A %YAML directive asks for a version that reads values differently.',
    cure: 'Remove the directive.',
  },
  'yaml.merge_key': { title: 'Merge key', cause: '`<<` is not part of YAML 1.2.', cure: 'Write the fields out.' },
  'yaml.tag': {
    title: 'Tag',
    cause: 'A tag such as `!!binary` or `!custom` asks for a type that manifests do not have.',
    cure: 'Remove the tag.',
  },
  'yaml.number': {
    title: 'Number out of range',
    cause: 'The number is not finite, or an integer beyond 2^53.',
    cure: 'Write it as a string, or use a smaller one.',
  },
  'yaml.key': {
    title: 'Key not allowed',
    cause: 'A key is no string, or one that JavaScript reserves.',
    cure: 'Use another key.',
  },
  'yaml.duplicate_key': {
    title: 'Duplicate key',
    cause: 'One key stands twice in one map.',
    cure: 'Keep one of the two.',
  },
  'yaml.alias': {
    title: 'Alias',
    cause: 'An alias has no anchor, holds itself, or the document expands too many.',
    cure: 'Write the values out.',
  },
  'yaml.depth': { title: 'Nested too deep', cause: 'Maps and lists nest more than 64 levels.', cure: 'Nest less.' },
  'limits.file_bytes': {
    title: 'File too large',
    cause: 'A manifest file is larger than what is read.',
    cure: 'Split it, or raise the limit.',
  },
  'limits.text_file_bytes': {
    title: 'Prompt or script too large',
    cause: 'The file is larger than 64 KiB.',
    cure: 'Shorten it.',
  },
  'limits.files': {
    title: 'Too many files',
    cause: 'An environment has more manifest files than are read.',
    cure: 'Narrow its paths, or raise the limit.',
  },
  'limits.total_bytes': {
    title: 'Too much text',
    cause: 'The manifest files are larger together than what is read.',
    cure: 'Narrow the paths, or raise the limit.',
  },
} as const satisfies Record<string, CodeDoc>;
