import { stringify } from 'yaml';
import type { JsonObject } from '../json.ts';
import { neutral } from '../neutral.ts';
import { maskSecrets } from '../secret-literal.ts';
import type { Emitted } from './conversion.ts';

const lineMax = 100;

/** `compat` quotes what a reader of YAML 1.1 would take for something else, such as `no` and `12:30`. */
export const yamlStyle = {
  version: '1.2',
  compat: 'yaml-1.1',
  lineWidth: 0,
  blockQuote: 'literal',
  aliasDuplicateObjects: false,
} as const;

/** A manifest as it is written: what there is to say of it as comments above it, texts of several lines as blocks. */
export function renderManifest(resource: Emitted, comments: readonly string[]): string {
  const head = comments.map((comment) => renderComment(comment)).join('');
  const { kind, namespace, name, spec } = resource;
  const labels = withContent('labels', resource.labels);
  const annotations = withContent('annotations', resource.annotations);
  const manifest = { apiVersion: 'pawl/v1', kind, metadata: { name, namespace, ...labels, ...annotations }, spec };
  return `${head}${stringify(manifest, yamlStyle)}`;
}

function withContent(key: string, map: Readonly<Record<string, string>>): JsonObject {
  return Object.keys(map).length === 0 ? {} : { [key]: map };
}

/** Text from other files is on one line, without what a terminal would act on, and never a credential. */
function renderComment(text: string): string {
  const lines: string[] = [];
  let line = '#';
  for (const word of neutral(maskSecrets(text)).split(/\s+/)) {
    if (line !== '#' && line.length + 1 + word.length > lineMax) {
      lines.push(line);
      line = `#   ${word}`;
    } else line = `${line} ${word}`;
  }
  return [...lines, line].map((one) => `${one.trimEnd()}\n`).join('');
}
