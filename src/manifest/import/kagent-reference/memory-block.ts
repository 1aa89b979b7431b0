import type { JsonObject } from '../../json.ts';
import { ignored, mapped, refused, type FieldTable } from '../field-table.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { durationText, goDurationMs } from '../go-duration.ts';

/**
 * A memory, below `prefix`: the publication prints it inside an agent, with its settings under `config` or, as the text
 * can be read as well, beside `type`.
 */
export function memoryFields(prefix: string): FieldTable {
  const store = { type: 'string', required: true, enum: ['redis', 'postgres', 'in-memory'] } as const;
  const host = 'Memories are kept in the database of pawl: there is no host to name.';
  const outcome = '`Memory.spec.session`';
  const vectors = {
    message: 'A vector store of its own is not carried over: pawl keeps long-term memories in its own database.',
    help: 'Remove the block, and give the written Memory a `longTerm` to fill; or reach the store by a tool.',
  };
  return {
    [`${prefix}.type`]: mapped(store, '`Memory.spec.type`'),
    [`${prefix}.config.host`]: ignored('string', host),
    [`${prefix}.config.port`]: ignored('integer', host),
    [`${prefix}.config.ttl`]: mapped('any', outcome),
    [`${prefix}.config.maxHistory`]: mapped({ type: 'integer', min: 1 }, outcome),
    [`${prefix}.ttl`]: mapped('any', outcome),
    [`${prefix}.maxHistory`]: mapped({ type: 'integer', min: 1 }, outcome),
    [`${prefix}.longTerm`]: refused('any', vectors.message, vectors.help),
  };
}

/** What a memory becomes. */
export interface ReadMemory {
  readonly spec: JsonObject;
  readonly maxHistory: number | undefined;
}

export function readMemory(block: ForeignNode): ReadMemory {
  const type = block.get('type');
  if (type.text() === 'redis')
    type.flag('import.store', 'Redis becomes `postgres`: sessions are kept in the database of pawl.');
  const maxHistory = oneOf(block, 'maxHistory').number();
  const session = given({ ttl: longDurationIn(oneOf(block, 'ttl')), maxMessages: maxHistory });
  return { spec: { type: type.text() === 'in-memory' ? 'inMemory' : 'postgres', session }, maxHistory };
}

/** The field where it stands; in both places it is unclear which holds. */
function oneOf(block: ForeignNode, field: string): ForeignNode {
  const [outer, inner] = [block.get(field), block.at('config', field)];
  if (outer.exists && inner.exists) {
    inner.json();
    outer.refuse({ code: 'import.schema', message: `\`${outer.field}\` stands beside \`${inner.field}\`: keep one.` });
  }
  return inner.exists ? inner : outer;
}

const daySeconds = 86_400;

/** A number of seconds, or a text with units, in whole seconds or days. */
function longDurationIn(node: ForeignNode): string | undefined {
  const written = node.json();
  if (written === undefined) return undefined;
  const ms = typeof written === 'string' ? goDurationMs(written) : undefined;
  const seconds = typeof written === 'number' ? written : ms === undefined ? undefined : ms / 1_000;
  if (seconds !== undefined && Number.isInteger(seconds) && seconds >= 1 && seconds <= 9_999 * daySeconds)
    return `${seconds}s`;
  node.refuse({
    code: 'import.schema',
    message: `\`${node.field}\` must be a whole number of seconds, or a duration such as \`1h\`.`,
  });
  return undefined;
}

/** A number of seconds, or a text with units, as a duration of pawl. */
export function durationIn(node: ForeignNode): string | undefined {
  const written = node.json();
  if (written === undefined) return undefined;
  const ms = typeof written === 'string' ? goDurationMs(written) : Number(written) * 1_000;
  const text = ms === undefined || Number.isNaN(ms) ? undefined : durationText(ms);
  if (text === undefined)
    node.refuse({
      code: 'import.schema',
      message: `\`${node.field}\` must be a number of seconds, or a duration such as \`30s\`, up to seven days.`,
    });
  return text;
}
