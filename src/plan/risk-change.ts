import { isDeepStrictEqual } from 'node:util';
import { digest } from '../manifest/digest.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Address, Kind, Resource } from '../manifest/resource.ts';
import { serverPin } from '../policy/server-pin.ts';
import { onlyNarrows } from './judge-schema.ts';
import { oldAddress } from './risk-access.ts';
import { causeAt, type FoundRisk } from './risk-found.ts';
import type { FoundItem } from './risk-items.ts';
import type { Sides } from './sides.ts';

/** R8 a model that answers otherwise, R10 data that is kept elsewhere, R12 a tool whose contract with models changes. */
export function changeRisks(sides: Sides): readonly FoundRisk[] {
  return sides.changed.flatMap((address) => {
    const old = oldAddress(sides, address);
    const [before, after] = [sides.before.get(old), sides.after.get(address)];
    if (before === undefined) return [];
    const pair = { sides, address, before, after };
    return rowsOf[before.kind]?.(pair) ?? [];
  });
}

interface Pair {
  readonly sides: Sides;
  readonly address: Address;
  readonly before: Resource;
  readonly after: Resource | undefined;
}

const rowsOf: Readonly<Partial<Record<Kind, (pair: Pair) => readonly FoundRisk[]>>> = {
  ModelEndpoint: modelRisk,
  Agent: agentModelRisk,
  Memory: storeRisk,
  Tool: contractRisk,
  McpServer: definitionRisk,
};

const modelFields = [
  'provider',
  'model',
  'parameters',
  'baseUrl',
  'region',
  'script',
  'pricing',
  'gatewayRef',
] as const;

function modelRisk({ sides, address, before, after }: Pair): readonly FoundRisk[] {
  if (after === undefined) return [];
  const items = changedFields(modelFields, before, after);
  return risk('R8', `${address} answers otherwise`, { sides, address, items, owned: before.address });
}

function agentModelRisk({ sides, address, before, after }: Pair): readonly FoundRisk[] {
  if (after === undefined) return [];
  const items = changedFields(['modelRef', 'modelRefs'], before, after);
  return risk('R8', `${address} is answered by another model`, { sides, address, items, owned: before.address });
}

/** What keeps the data, and which. How long it is kept is a setting of the store and not its loss. */
const storeFields = ['type', 'http', 'longTerm'] as const;

function storeRisk({ sides, address, before, after }: Pair): readonly FoundRisk[] {
  if (after === undefined) return [];
  const items = changedFields(storeFields, before, after);
  const title = `${address} changes where it keeps what is remembered`;
  return risk('R10', title, { sides, address, items, owned: before.address });
}

function contractRisk({ sides, address, before, after }: Pair): readonly FoundRisk[] {
  if (after === undefined) return [];
  const items = changedFields(['description', 'inputSchema', 'outputSchema', 'mcp'], before, after);
  const parts = { sides, address, items, owned: before.address };
  const schemas = [before, after].map((side) => own(specOf(side), 'inputSchema'));
  const isLess = items.every(({ key: [field] }) => field === 'spec.inputSchema') && onlyNarrows(schemas[0], schemas[1]);
  if (!isLess) return risk('R12', `${address} tells models something else of itself`, parts);
  // Undoing what a change loosened is to wait for nobody.
  return risk('R12', `${address} takes less than it did, and tells models nothing new`, parts).map((one) => ({
    ...one,
    gate: 'notice',
  }));
}

/** What a server's tools say is of a server, and people looked at it: each that is another now is one more look. */
function definitionRisk({ sides, address, before, after }: Pair): readonly FoundRisk[] {
  if (after === undefined) return [];
  const [old, now] = [serverPin(before).tools, serverPin(after).tools];
  const items = [...now].flatMap(([name, { digest: is }]): readonly FoundItem[] => {
    const was = old.get(name)?.digest;
    if (was === undefined || was === is) return [];
    const field = `spec.pinned.tools[${JSON.stringify(name)}].definition`;
    return [{ detail: `${neutral(name)} is defined otherwise`, key: [field, was, is] }];
  });
  const title = `${address} tells models something else of its tools`;
  return risk('R12', title, { sides, address, items, owned: before.address });
}

interface Parts {
  readonly sides: Sides;
  readonly address: Address;
  readonly items: readonly FoundItem[];
  readonly owned: Address;
}

function risk(kind: FoundRisk['class'], title: string, { sides, address, items, owned }: Parts): readonly FoundRisk[] {
  if (items.length === 0) return [];
  const fields = items.flatMap(({ key }) => (typeof key[0] === 'string' && key[0].startsWith('spec.') ? [key[0]] : []));
  const said = fields.length === 0 ? '' : `: ${fields.join(', ')}`;
  const causes = [causeAt(sides, address, fields.length === 0 ? undefined : fields)];
  return [{ class: kind, subject: address, title: `${title}${said}.`, items, causes, owned: [owned] }];
}

function changedFields(fields: readonly string[], before: Resource, after: Resource): readonly FoundItem[] {
  return fields.flatMap((field) => {
    const [was, is] = [own(specOf(before), field), own(specOf(after), field)];
    if (was === is || isDeepStrictEqual(was, is)) return [];
    return [{ detail: `spec.${field} changes`, key: [`spec.${field}`, digestOf(was), digestOf(is)] }];
  });
}

function digestOf(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : digest(value);
}

function specOf({ manifest }: Resource): JsonObject {
  const spec = own(manifest, 'spec');
  return isJsonObject(spec) ? spec : {};
}
