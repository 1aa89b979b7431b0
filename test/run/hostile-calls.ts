import { seeded } from '../support/seeded.ts';

/** One call as a model writes it, and what must become of it. */
export interface HostileCall {
  readonly name: string;
  readonly arguments: string;
  readonly id: string;
  /** `made`: it is as it should be, and pays `amount`. Else what the model is told, and the codes that may refuse it. */
  readonly expect:
    | { readonly kind: 'made'; readonly amount: number }
    | {
        readonly kind: 'refused';
        readonly told: 'not_permitted' | 'invalid_arguments';
        readonly codes: readonly string[];
      };
}

type Random = () => number;

/** Written by a model that is nobody's friend: `count` calls of the tool `pay`, some of them good, by a seed. */
export function hostileCalls(seed: number, count: number): readonly HostileCall[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, index): HostileCall => {
    const amount = seed * 1_000 + index;
    const id = pick(random, ['same', `call_${index}`, '', '../../x', `call_${Math.floor(random() * 3)}`]);
    const make = pick(random, makers);
    return { id, ...make(random, amount) };
  });
}

type Made = Omit<HostileCall, 'id'>;

const unknown = { kind: 'refused', told: 'not_permitted', codes: ['tool.unknown', 'tool.not_declared'] } as const;
const malformed = { kind: 'refused', told: 'invalid_arguments', codes: ['call.malformed'] } as const;
const tooLarge = { kind: 'refused', told: 'invalid_arguments', codes: ['call.too_large'] } as const;
const invalid = { kind: 'refused', told: 'invalid_arguments', codes: ['args.invalid'] } as const;
const either = { kind: 'refused', told: 'invalid_arguments', codes: ['call.malformed', 'args.invalid'] } as const;

const makers: readonly ((random: Random, amount: number) => Made)[] = [
  good,
  good,
  (random, amount) => ({ name: otherName(random), arguments: `{"amount":${amount}}`, expect: unknown }),
  (random, amount) => {
    const whole = `{"amount":${amount},"note":${JSON.stringify(noteOf(random))},"more":{"a":[1,{"b":null}]}}`;
    return { name: 'pay', arguments: whole.slice(0, Math.floor(random() * whole.length)), expect: either };
  },
  (random, amount) => ({ name: 'pay', arguments: twice(random, amount), expect: malformed }),
  (random) => ({ name: 'pay', arguments: `{"amount":${pick(random, noNumbers)}}`, expect: malformed }),
  (random) => ({ name: 'pay', arguments: `{"amount":${pick(random, otherValues)}}`, expect: invalid }),
  (random, amount) => {
    // What follows must not make the short escape a whole one.
    const bad = pick(random, ['\\u0000', '\\ud800', '\\udc00\\ud800', '\u0000', '\u0007', '\n', '\\x41', '\\u12 ']);
    const [before, after] = [noteOf(random), noteOf(random)].map((text) => JSON.stringify(text).slice(1, -1));
    return { name: 'pay', arguments: nested(random, amount, `"${before}${bad}${after}"`), expect: malformed };
  },
  (random, amount) => {
    const depth = 40 + Math.floor(random() * 3_000);
    const [open, close] = pick(random, [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const);
    const inside = `${open.repeat(depth)}1${random() < 0.5 ? close.repeat(depth) : ''}`;
    return { name: 'pay', arguments: `{"amount":${amount},"more":{"a":${inside}}}`, expect: tooLarge };
  },
  (random, amount) => {
    const around = pick(random, wrappings);
    return { name: 'pay', arguments: around(`{"amount":${amount}}`), expect: malformed };
  },
  (random, amount) => {
    const key = pick(random, [
      'approved',
      'Amount',
      'amount ',
      '\u0430mount',
      'constructor',
      'toString',
      'note\u200b',
      '$ref',
    ]);
    return { name: 'pay', arguments: `{"amount":${amount},${JSON.stringify(key)}:1}`, expect: invalid };
  },
];

/** However it is written, it means the same: other spaces, other order, escapes, a number in another form. */
function good(random: Random, amount: number): Made {
  const space = () => pick(random, ['', ' ', '\n', '\t', '\r\n  ']);
  const number = pick(random, [`${amount}`, `${amount}.0`, `${amount}e0`, `${amount}.000E+0`]);
  const name = pick(random, ['amount', '\\u0061mount', 'amo\\u0075nt']);
  const members = [`"${name}"${space()}:${space()}${number}`, `"note"${space()}:${JSON.stringify(noteOf(random))}`];
  const ordered = random() < 0.5 ? members : members.toReversed();
  const text = `${space()}{${space()}${ordered.join(`${space()},${space()}`)}${space()}}${space()}`;
  return { name: 'pay', arguments: text, expect: { kind: 'made', amount } };
}

function otherName(random: Random): string {
  const base = pick(random, [
    'pay',
    'pay',
    'wipe',
    'rm_rf',
    'memory_write',
    'constructor',
    '__proto__',
    'Tool/default/pay',
  ]);
  if (base !== 'pay') return base;
  const at = Math.floor(random() * 4);
  const spliced = (text: string) => `pay`.slice(0, at) + text + `pay`.slice(at);
  const letters = [
    '\u200b',
    '\u00ad',
    '\u0301',
    '\u202e',
    ' ',
    '\t',
    '\n',
    '.',
    '/',
    'a',
    '\u0000',
    '\ufeff',
    '%00',
    '\\',
    "'",
    '"',
  ];
  return pick(random, [
    () => spliced(pick(random, letters)),
    () => pick(random, ['PAY', 'Pay', 'p\u0430y', '\uff50\uff41\uff59', 'рау', 'раy', 'pay'.repeat(500)]),
    () =>
      pick(random, ['default/pay', './pay', 'functions.pay', 'pay()', 'pay;wipe', 'pay,pay', 'default/../default/pay']),
  ])();
}

/** A key that is there twice, somewhere, once perhaps under an escape. */
function twice(random: Random, amount: number): string {
  const key = pick(random, ['amount', 'a', '', 'to', '\u00e9']);
  const again =
    key === '' || random() < 0.5 ? key : `\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}`;
  if (key === 'amount') return `{"amount":1,"${again}":${amount}}`;
  const pair = `{"${key}":1,"x":[],"${again}":2}`;
  return nested(random, amount, pick(random, [pair, `[${pair}]`, `{"deep":{"er":${pair}}}`]));
}

function nested(random: Random, amount: number, value: string): string {
  return pick(random, [
    `{"amount":${amount},"more":{"in":${value}}}`,
    `{"amount":${amount},"list":[1,${value}]}`,
    `{"list":[${value}],"amount":${amount}}`,
  ]);
}

const noNumbers = (
  "1e309 -1e400 NaN Infinity -Infinity 0x1 +1 01 1. .5 1_000 1n 9007199254740993 -9007199254740993 --1 1e \u0661 undefined '1' " +
  '1; ${1} {{1}}'
).split(' ');
const otherValues = ['"1"', 'true', 'null', '[1]', '1.5', '{"$numberInt":"1"}', '""', '1e-1', '[]', '{}'];

const wrappings: readonly ((text: string) => string)[] = [
  (text) => `\`\`\`json\n${text}\n\`\`\``,
  (text) => `Sure! ${text}`,
  (text) => `${text}${text}`,
  (text) => `[${text}]`,
  (text) => JSON.stringify(text),
  (text) => `\ufeff${text}`,
  (text) => text.replaceAll('"', "'"),
  (text) => `${text.slice(0, -1)},}`,
  (text) => `${text}//`,
  (text) => `(${text})`,
  (text) => text.replace('{', '{/* */'),
  (text) => `${text}\u0000`,
  (text) => Buffer.from(text).toString('base64'),
];

function noteOf(random: Random): string {
  const parts = [
    'a',
    '€',
    '😀',
    '"',
    '\\',
    '\u001b[2J',
    '\u202e',
    '\r',
    '${x}',
    '{{x}}',
    "'; drop table run; --",
    '</data>',
    '\u2028',
  ];
  return Array.from({ length: Math.floor(random() * 6) }, () => pick(random, parts)).join('');
}

function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[Math.floor(random() * from.length)];
  if (found === undefined) throw new TypeError('there is nothing to pick from');
  return found;
}
