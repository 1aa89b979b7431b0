import type { Estate, PlacedFinding, Report, Sound } from './estate.ts';
import { compileExpression } from './expression.ts';
import { misfitOf, type Misfit, targetBelow, unknownField } from './expression-fit.ts';
import type { ExpressionPlace } from './expression-place.ts';
import { type MapType, membersOf, shownType, unionOf, type ValueType } from './expression-type.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { nearest } from './nearest.ts';
import type { Address } from './resource.ts';
import { shownText } from './shown.ts';
import { type Lookup, SystemTypes } from './system-types.ts';
import type { Path } from './text.ts';

/** Checks the expressions of every system against the schemas of what they read and of what they fill. */
export function expressionFindings(estate: Pick<Estate, 'known' | 'byKind'>, report: Report): void {
  const lookup: Lookup = (address) => estate.known.get(address)?.content?.manifest;
  for (const system of estate.byKind.get('AgentSystem') ?? []) {
    for (const { path, finding } of findingsOf(system, lookup)) report(system, path, finding);
  }
}

interface Checked {
  /** What was looked up, and what was there. */
  readonly read: ReadonlyMap<Address, JsonObject | undefined>;
  readonly findings: readonly PlacedFinding[];
}

// Ten thousand documents are planned again when one has changed: a system is checked again only when what it reads did.
const checked = new WeakMap<JsonObject, Checked>();

/** What is wrong with the types of one system's expressions. */
function findingsOf({ content, identity }: Sound, lookup: Lookup): readonly PlacedFinding[] {
  const known = checked.get(content.manifest);
  if (known !== undefined && isCurrent(known, lookup)) return known.findings;
  const read = new Map<Address, JsonObject | undefined>();
  const recording: Lookup = (address) => {
    const found = lookup(address);
    read.set(address, found);
    return found;
  };
  const spec = objectAt(content.manifest, 'spec');
  const types = new SystemTypes({ spec, namespace: identity.namespace, lookup: recording, depth: 0 });
  const findings: PlacedFinding[] = [];
  const add: Add = (path, finding) => findings.push({ path: ['spec', ...path], finding });
  for (const place of types.places()) checkPlace(place, types, add);
  for (const { name, body } of types.flow.graph.nodes.values()) checkInput(name, { body, types, add });
  checked.set(content.manifest, { read, findings });
  return findings;
}

function isCurrent({ read }: Checked, lookup: Lookup): boolean {
  for (const [address, manifest] of read) if (lookup(address) !== manifest) return false;
  return true;
}

type Add = (path: Path, finding: PlacedFinding['finding']) => void;

function checkPlace(place: ExpressionPlace, types: SystemTypes, add: Add): void {
  const { path, text } = place;
  const type = types.typeAt(place, ({ offset, ...finding }) => add(path, { ...finding, within: { text, offset } }));
  const within = { text, offset: 0 };
  if (type.kind === 'optional') {
    const message = `\`${shownText(text)}\` is a value or nothing.`;
    const help = 'Add `.orValue(…)`, which says what to take instead of nothing.';
    return add(path, { code: 'expression.optional', message, help, within });
  }
  const others = membersOf(type).filter((member) => !isWanted(member, place.gives));
  if (others.length === 0) return;
  const never = others.length === membersOf(type).length;
  // What is no condition whatever it reads was reported with the document.
  if (never && place.gives === 'bool' && !isOpen(text)) return;
  const shown = shownType(unionOf(others));
  const { code, needs, help } = needed[place.gives];
  const message = `${needs}; \`${shownText(text)}\` ${never ? 'gives' : 'may give'} ${shown}.`;
  if (never) add(path, { code, message, help, within });
  else add(path, { code: 'expression.may_fail', severity: 'warning', message, help, within });
}

function isOpen(text: string): boolean {
  const expression = compileExpression(text);
  return expression.kind === 'expression' && expression.type === 'dyn';
}

const needed = {
  bool: {
    code: 'expression.not_boolean',
    needs: 'A condition must give true or false',
    help: 'Compare it with something.',
  },
  list: { code: 'expression.not_list', needs: '`forEach` goes through a list', help: 'Read a list.' },
  value: {
    code: 'expression.no_json',
    needs: 'What an expression gives is kept as JSON',
    help: 'Convert it, as in `string(…)`.',
  },
} as const;

const jsonScalars = new Set(['null', 'bool', 'int', 'uint', 'double', 'string', 'google.protobuf.Timestamp']);

function isWanted(type: ValueType, gives: ExpressionPlace['gives']): boolean {
  if (type.kind === 'dyn') return true;
  if (gives === 'list') return type.kind === 'list';
  if (type.kind !== 'scalar') return gives === 'value';
  return gives === 'bool' ? type.name === 'bool' : jsonScalars.has(type.name);
}

interface Filling {
  readonly types: SystemTypes;
  readonly add: Add;
  /** What is filled, in words. */
  readonly what: string;
}

/** What a tool or a system is given must fit its schema. */
function checkInput(name: string, { body, types, add }: { body: JsonObject; types: SystemTypes; add: Add }): void {
  const wanted = types.wanted(body);
  if (wanted === undefined) return;
  const filling = { types, add, what: wanted.what };
  const { input } = body;
  if (input !== undefined) return fill(input, ['graph', name, 'input'], { ...filling, target: wanted.type });
  const misfit = misfitOf(types.handedOn(name), wanted.type);
  if (misfit !== undefined) reportMisfit(misfit, { path: ['graph', name], part: 'key' }, filling);
}

/** What is written out is compared member by member, so that each mistake is found where it stands. */
function fill(value: Json, path: Path, filling: Filling & { readonly target: ValueType }): void {
  const { target, types } = filling;
  const type = types.template(value, path);
  const misfit = misfitOf(type, target);
  if (misfit === undefined) return;
  const maps = membersOf(target).flatMap((member) => (member.kind === 'map' ? [member] : []));
  const [map] = maps;
  if (isJsonObject(value) && map !== undefined && maps.length === 1) return fillMap(value, path, { ...filling, map });
  if (!isJsonList(value) || !membersOf(target).some(({ kind }) => kind === 'list'))
    return reportMisfit(misfit, { path, part: 'value' }, filling);
  for (const [index, member] of value.entries())
    fill(member, [...path, index], { ...filling, target: targetBelow(target, index) });
}

function fillMap(value: JsonObject, path: Path, filling: Filling & { readonly map: MapType }): void {
  const { map } = filling;
  const fields = map.fields();
  for (const [name, { required, type }] of fields) {
    if (!required || value[name] !== undefined) continue;
    const near = nearest(
      name,
      Object.keys(value).filter((key) => !fields.has(key)),
    );
    const help = near === undefined ? undefined : `\`${shownText(near)}\` is given: did you mean \`${name}\`?`;
    const misfit = { kind: 'missing', isCertain: true, at: [name], needs: shownType(type()), help } as const;
    reportMisfit(misfit, { path, part: 'key' }, filling);
  }
  for (const [key, member] of Object.entries(value)) {
    const at = [...path, key];
    if (fields.has(key) || map.rest !== 'closed') fill(member, at, { ...filling, target: targetBelow(map, key) });
    else reportMisfit(unknownField(key, { isCertain: true, wanted: fields }), { path: at, part: 'key' }, filling);
  }
}

interface Place {
  readonly path: Path;
  readonly part: 'key' | 'value';
}

function reportMisfit(misfit: Misfit, place: Place, { add, what }: Filling): void {
  const { kind, isCertain, at, needs, gives } = misfit;
  const name = shownText(at.join('.'));
  const written = place.path.slice(3).map(String);
  const severity = isCertain ? 'error' : 'warning';
  const verb = isCertain ? 'is' : 'may be';
  if (kind === 'missing') {
    const message = `\`${shownText([...written, ...at].join('.'))}\`, which ${what} needs, ${verb} missing.`;
    return add(place.path, {
      ...place,
      code: 'graph.input_missing',
      severity,
      message,
      help: misfit.help ?? `Give it: ${needs}.`,
    });
  }
  if (kind === 'unknown') {
    const whole = place.part === 'key' ? written.join('.') : [...written, ...at].join('.');
    const message = `\`${shownText(whole)}\` ${verb} no input of ${what}.`;
    return add(place.path, { ...place, code: 'graph.input_unknown', severity, message, help: misfit.help });
  }
  const whole = shownText([...written, ...at].join('.'));
  const subject = whole === '' ? 'The input' : `\`${whole}\``;
  const message = `${subject} of ${what} must be ${needs}; it ${verb} ${gives}.`;
  const help = name === '' ? 'Give it another value, or convert it.' : `Give \`${name}\` another value, or convert it.`;
  add(place.path, { ...place, code: 'graph.input_type', severity, message, help });
}
