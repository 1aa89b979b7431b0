import type { JsonObject } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import { mapped, type FieldTable } from '../field-table.ts';
import type { ForeignNode } from '../foreign.ts';
import { configValue } from './config-value.ts';
import { literalValue } from './literal-value.ts';

/** A list of named values, each in place or out of a Secret or ConfigMap; the first version names it in `valueRef`. */
export function valueRefFields(
  list: string,
  { to, name }: { readonly to: string; readonly name: 'name' | 'valueRef' },
): FieldTable {
  return {
    [`${list}[].name`]: mapped({ type: 'string', required: true }, to),
    [`${list}[].value`]: mapped('string', to),
    [`${list}[].valueFrom.type`]: mapped({ type: 'string', required: true, enum: ['ConfigMap', 'Secret'] }, to),
    [`${list}[].valueFrom.${name}`]: mapped('string', to),
    [`${list}[].valueFrom.key`]: mapped({ type: 'string', required: true }, to),
  };
}

export function valueRefRules(list: ForeignNode): void {
  for (const entry of list.items()) {
    const isOne = entry.get('value').exists !== entry.get('valueFrom').exists;
    if (!isOne)
      entry.refuse({
        code: 'import.schema',
        message: `\`${entry.field}\` must have one of \`value\` and \`valueFrom\`.`,
      });
  }
}

/** The entries as pawl writes headers and variables: `{name, value}` or `{name, secretRef}`. */
export function valueRefs(conversion: Conversion, list: ForeignNode): readonly JsonObject[] {
  return list.items().flatMap((entry) => {
    const name = entry.get('name').text() ?? '';
    const from = entry.get('valueFrom');
    if (!from.exists) return [{ name, ...literalValue(conversion, entry.get('value'), name) }];
    const field = from.get('valueRef').exists ? 'valueRef' : 'name';
    if (from.get('type').text() === 'Secret') return [{ name, secretRef: secretOf(conversion, from, field) }];
    const value = configValue(conversion, from, { name: field, key: 'key' });
    return value === undefined ? [] : [{ name, value }];
  });
}

function secretOf(conversion: Conversion, from: ForeignNode, field: string): JsonObject {
  const [written, key] = [from.get(field).text() ?? '', from.get('key').text() ?? ''];
  if (written === '')
    from.refuse({ code: 'import.schema', message: `\`${shownText(from.field)}\` does not say which Secret.` });
  const slash = written.indexOf('/');
  const namespace = slash < 0 ? {} : { namespace: written.slice(0, slash) };
  return conversion.secretKey(from.get(field), { ...namespace, name: written.slice(slash + 1), key });
}
