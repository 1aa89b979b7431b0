import type { SourceFile } from '../../src/manifest/document.ts';
import type { Imported } from '../../src/manifest/import/import-manifests.ts';
import { importManifests } from '../../src/manifest/import/import-manifests.ts';
import type { Json } from '../../src/manifest/json.ts';
import { addressOf } from '../../src/manifest/resource.ts';

/** What an import of texts yields, as tests ask for it. */
export interface ImportedTexts extends Imported {
  /** The spec that came out at an address, or undefined. */
  readonly spec: (address: string) => Json | undefined;
  /** `fate code file:line message` of everything that was said, in the order of the documents. */
  readonly said: readonly string[];
}

/** Imports the texts as files of the names given; a lone text is `manifests.yaml`. */
export function importTexts(texts: string | Readonly<Record<string, string>>): ImportedTexts {
  const named = typeof texts === 'string' ? { 'manifests.yaml': texts } : texts;
  const files: SourceFile[] = Object.entries(named).map(([path, text]) => ({
    path,
    bytes: new TextEncoder().encode(text),
  }));
  const imported = importManifests(files);
  const said = [...imported.documents.keys()].flatMap((document) =>
    document.notes.map((note) => {
      const { file, line } = document.problemOf(note);
      return `${note.fate} ${note.code} ${file}:${line} ${note.message}`;
    }),
  );
  return {
    ...imported,
    spec: (address) => imported.resources.find((resource) => addressOf(resource) === address)?.spec,
    said,
  };
}
