import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { environmentOf } from './environment.ts';
import { argumentNames, inputSchemaOf, isOptional } from './tool-input.ts';

/** A program: on the worker, or in a container. */
export function cliBlock(document: ForeignDocument, conversion: Conversion): JsonObject | undefined {
  const { spec } = document;
  const cli = spec.get('cli');
  const output = cli.get('output');
  if ((output.text() ?? 'stdout') !== 'stdout') {
    const help = 'Let the program write to standard output what the agent is to read.';
    output.refuse({ message: 'The result of a program is its standard output in pawl.', help });
  }
  const args = argumentsOf(cli.get('args'));
  const names = args.flatMap(({ placeholders }) => placeholders);
  const schema = inputSchemaOf(document, assumedFor(names));
  const env = environmentOf([...cli.get('env').entries()], cli.get('env_from').items(), conversion);
  const isolation = isolationOf(spec, cli);
  if (schema === undefined || document.isRefused) return undefined;
  const isOnHost = (spec.at('runtime', 'isolation_mode').text() ?? 'container') === 'none';
  const block = isOnHost ? hostBlock(cli, args) : containerBlock(cli, args);
  if (block === undefined) return undefined;
  sayOptional(cli.get('args'), names, schema);
  const type = isOnHost ? 'cli' : 'container';
  return given({ type, inputSchema: schema, [type]: { ...block, ...(env.length === 0 ? {} : { env }) }, isolation });
}

interface Argument {
  readonly text: string;
  readonly placeholders: readonly string[];
}

const goField = /\{\{-?\s*\.([A-Za-z_][A-Za-z0-9_]*)\s*-?\}\}/g;

/** `{{ .name }}` of Go becomes `{name}`; what else a template of Go can say has no counterpart. */
function argumentsOf(node: ForeignNode): readonly Argument[] {
  return node.items().flatMap((item): Argument[] => {
    const written = item.text() ?? '';
    if (written === '') return [];
    const bare = written.replaceAll(goField, '');
    if (bare.includes('{{') || bare.includes('}}')) {
      const help = 'Write one `{{ .name }}` for each argument, and let the program decide.';
      item.refuse({ message: 'An argument of pawl has placeholders, and no conditions, loops or functions.', help });
      return [];
    }
    if (/\{[A-Za-z_][A-Za-z0-9_-]*\}/.test(bare)) {
      const help = 'Put the text into a file or a script that the program reads.';
      item.refuse({ message: 'The braces in this argument would be a placeholder in pawl.', help });
      return [];
    }
    const placeholders = Array.from(written.matchAll(goField), ([, name = '']) => name);
    return [{ text: written.replaceAll(goField, '{$1}'), placeholders }];
  });
}

function assumedFor(names: readonly string[]): JsonObject {
  const known = names.length === 0 ? ['input'] : [...new Set(names)];
  return {
    type: 'object',
    additionalProperties: false,
    required: known,
    properties: Object.fromEntries(known.map((name) => [name, { type: 'string' }])),
  };
}

function hostBlock(cli: ForeignNode, args: readonly Argument[]): JsonObject | undefined {
  const stdin = cli.get('stdin_from_input');
  if (stdin.boolean() === true) {
    const help = 'Run it in a container (`image` by its digest), or pass the arguments in `args`.';
    stdin.refuse({ message: 'Only a container of pawl is given its arguments as JSON on standard input.', help });
    return undefined;
  }
  const image = cli.get('image');
  if (image.exists) image.ignore('Without isolation the program runs on the worker.');
  return { command: cli.get('command').text()?.trim() ?? '', args: args.map(({ text }) => text) };
}

function containerBlock(cli: ForeignNode, args: readonly Argument[]): JsonObject | undefined {
  const image = cli.get('image');
  const name = image.text()?.trim() ?? '';
  if (!/@sha256:[0-9a-f]{64}$/.test(name)) {
    const help = 'Write `name@sha256:…`; `docker buildx imagetools inspect NAME` prints the digest.';
    image.refuse({ message: 'A tool runs an image by its digest in pawl: a tag can come to mean another one.', help });
    return undefined;
  }
  const templated = args.findIndex(({ placeholders }) => placeholders.length > 0);
  if (templated >= 0) {
    const help =
      'Let the program read the arguments as JSON from standard input, or install it on the workers and say `isolation_mode: none`.';
    const message = 'A container of pawl gets the arguments of a call on standard input, and none on its command line.';
    (cli.get('args').items()[templated] ?? cli.get('args')).refuse({ message, help });
    return undefined;
  }
  cli.get('stdin_from_input').json();
  const command = [cli.get('command').text()?.trim() ?? ''];
  return { image: name, command, args: args.map(({ text }) => text) };
}

/** Orloj gives a program the network unless told otherwise; pawl gives it the hosts that are named, and none are. */
function isolationOf(spec: ForeignNode, cli: ForeignNode): JsonObject | undefined {
  const network = cli.get('network');
  const wanted = network.text()?.trim() ?? '';
  if (wanted !== 'none') {
    const message =
      'The program has a network in Orloj. Here it has none until its hosts are named: write `egress: {hosts: […]}` and `isolation: {network: declared}`.';
    (network.exists ? network : cli).flag('import.stricter', message);
  }
  const mode = spec.at('runtime', 'isolation_mode').text();
  const memory = memoryOf(cli.at('resources', 'memory'));
  const min = mode === 'sandboxed' ? 'container' : undefined;
  const isolation = given({ min, memory, network: 'none' });
  return isolation;
}

const bytesPer: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
};

/** `128m` of Docker, `128Mi` of Kubernetes. */
function memoryOf(node: ForeignNode): number | undefined {
  const text = node.text()?.trim() ?? '';
  if (text === '') return undefined;
  const [, amount, unit = ''] = /^([0-9]{1,12})([a-z]{0,2})$/.exec(text.toLowerCase()) ?? [];
  const bytes = bytesPer[unit] === undefined || amount === undefined ? 0 : Number(amount) * bytesPer[unit];
  if (bytes > 0) return bytes;
  node.refuse({ code: 'import.schema', message: 'This is no amount of memory, such as `128m`.' });
  return undefined;
}

function sayOptional(node: ForeignNode, names: readonly string[], schema: JsonObject): void {
  const known = argumentNames(schema);
  const optional = names.filter((name) => known.includes(name) && isOptional(schema, name));
  if (optional.length === 0) return;
  const message = `Orloj leaves out an argument of the command line that comes out empty: make \`${optional.join('`, `')}\` required, or let the program take empty ones.`;
  node.flag('import.assumed', message);
}
