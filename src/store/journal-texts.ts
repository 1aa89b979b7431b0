/** Where a text stands, in bytes; the first is 1, as `substr` counts. */
export interface TextPlace {
  readonly at: number;
  readonly size: number;
}

/**
 * The long texts of one statement, one after the other in UTF-8. Within JSON each of them would be escaped here, and
 * read three times there: of a step with a result of 8 kB that was a third of what the database did.
 */
export class JournalTexts {
  readonly #texts: string[] = [];
  #size = 0;

  /** `size`: of the text in UTF-8, where it is known. */
  add(text: string, size = Buffer.byteLength(text)): TextPlace {
    const at = this.#size + 1;
    this.#texts.push(text);
    this.#size += size;
    return { at, size };
  }

  /** As the parameter of a statement. */
  bytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#size);
    let at = 0;
    for (const text of this.#texts) at += bytes.write(text, at);
    return bytes;
  }
}

/** The text at the place that two columns of a row tell, in SQL; null where there is none. */
export function textAt(column: string, parameter: string): string {
  return `convert_from(substr(${parameter}::bytea, ${column}_at, ${column}_size), 'UTF8')`;
}
