import { type messages, type PGlite, parse, protocol, type Results, types } from '@electric-sql/pglite';

const { serialize } = protocol;

type Message = messages.BackendMessage;

interface Prepared {
  readonly text: string;
  /** Object ids. */
  readonly parameterTypes: readonly number[];
  /** What the columns of its rows are; absent: it gives none. */
  readonly columns: Message | undefined;
}

/**
 * Statements of the embedded database that are parsed and planned once. Its own `query` does both anew each time and
 * enters the engine six times for it: of a batch of the journal that was more than a third of the time.
 */
export class EmbeddedStatements {
  readonly #engine: PGlite;
  readonly #prepared = new Map<string, Prepared>();

  constructor(engine: PGlite) {
    this.#engine = engine;
  }

  async query(name: string, text: string, parameters: readonly unknown[]): Promise<Results | undefined> {
    const { parameterTypes, columns } = await this.#preparedAs(name, text);
    const values = parameters.map((value, index) => this.#written(value, parameterTypes[index]));
    const answer = await this.#send([serialize.bind({ statement: name, values }), serialize.execute({})]);
    const messages = columns === undefined ? answer : [columns, ...answer];
    return parse.parseResults(messages, this.#engine.parsers)[0];
  }

  /** Each is prepared anew before it is used again. */
  forget(): void {
    this.#prepared.clear();
  }

  async #preparedAs(name: string, text: string): Promise<Prepared> {
    const known = this.#prepared.get(name);
    if (known !== undefined && known.text !== text) throw new TypeError(`two statements have the name ${name}`);
    if (known !== undefined) return known;
    // One that was forgotten is still there under its name; closing one that is not is no error.
    const parts = [serialize.close({ type: 'S', name }), serialize.parse({ name, text })];
    const described = await this.#send([...parts, serialize.describe({ type: 'S', name })]);
    const columns = described.find((message) => message.name === 'rowDescription');
    const prepared = { text, parameterTypes: parse.parseDescribeStatementResults(described), columns };
    this.#prepared.set(name, prepared);
    return prepared;
  }

  /** A parameter, as `query` of the engine writes it; a long text as its bytes, which the engine counts slowly. */
  #written(value: unknown, type: number | undefined): string | Uint8Array | null {
    if (value === null || value === undefined) return null;
    if (value instanceof Uint8Array) return value;
    const write = type === undefined ? undefined : this.#engine.serializers[type];
    const text = write?.(value) ?? (typeof value === 'string' ? value : JSON.stringify(value));
    return type === types.TEXT || type === types.JSON ? Buffer.from(text) : text;
  }

  /** One entry into the engine. After an error it skips to the end of the message, which leaves it ready. */
  #send(parts: readonly Uint8Array[]): Promise<Message[]> {
    return this.#engine.execProtocolStream(Buffer.concat([...parts, serialize.sync()]), {});
  }
}
