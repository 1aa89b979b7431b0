import { readFileSync } from 'node:fs';

/** A part of the schema of `pawl plan -o json`, as far as a table of its members needs it. */
interface Part {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly items?: Part;
  readonly oneOf?: readonly Part[];
  readonly $defs?: Readonly<Record<string, Part>>;
}

const intro = `<!-- Made from schemas/output/plan.schema.json by tooling/generate-reference.ts. -->

# The plan as JSON

What \`pawl plan -o json\` prints and \`pawl plan --out\` saves, described by
[schemas/output/plan.schema.json](../../schemas/output/plan.schema.json). Names are Terraform's where the meaning is
Terraform's. Members are only ever added within \`format_version\` 1. [Reading a plan](../plan.md) says what they mean.

| member | type | what it is |
|---|---|---|
`;

/** \`docs/reference/plan-json.md\`: a row for each member, in the order of the document. */
export function planPage(): string {
  const text = readFileSync(new URL('../schemas/output/plan.schema.json', import.meta.url), 'utf8');
  const schema = JSON.parse(text) as Part;
  const rows = new Map<string, string>();
  for (const [path, part] of membersOf(schema, '', schema)) {
    if (!rows.has(path)) rows.set(path, `| \`${path}\` | ${typeOf(part, schema)} | ${part.description ?? ''} |`);
  }
  return `${intro}${[...rows.values()].join('\n')}\n`;
}

function* membersOf(part: Part, path: string, root: Part): Generator<readonly [string, Part]> {
  const own = resolved(part, root);
  for (const [name, member] of Object.entries(own.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`;
    const said = resolved(member, root);
    yield [at, said];
    yield* membersOf(said, at, root);
  }
  if (own.items !== undefined) yield* membersOf(own.items, `${path}[]`, root);
  for (const choice of own.oneOf ?? []) yield* membersOf(choice, path, root);
}

/** What is written beside a reference says more, and wins. */
function resolved(part: Part, root: Part): Part {
  const name = /^#\/\$defs\/(\w+)$/.exec(part.$ref ?? '')?.[1];
  return name === undefined ? part : { ...root.$defs?.[name], ...part };
}

function typeOf(part: Part, root: Part): string {
  const own = resolved(part, root);
  if (own.enum !== undefined) return own.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (own.const !== undefined) return `\`${JSON.stringify(own.const)}\``;
  if (own.oneOf !== undefined) return [...new Set(own.oneOf.map((choice) => typeOf(choice, root)))].join(' or ');
  if (own.items !== undefined) return `list of ${typeOf(own.items, root)}`;
  return typeof own.type === 'string' ? own.type : (own.type ?? ['any']).join(' or ');
}
