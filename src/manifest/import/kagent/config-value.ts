import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import { foreignKey } from '../foreign-estate.ts';
import type { ForeignNode } from '../foreign.ts';

/** The text under a key of a ConfigMap that is among the files: pawl has none, so what it holds is written in place. */
export function configValue(
  conversion: Conversion,
  from: ForeignNode,
  fields: { readonly name: string; readonly key: string } = { name: 'name', key: 'key' },
): string | undefined {
  const [written, key] = [from.get(fields.name).text() ?? '', from.get(fields.key).text() ?? ''];
  const slash = written.indexOf('/');
  const namespace = slash < 0 ? from.document.namespace : written.slice(0, slash);
  const map = conversion.estate.find(foreignKey('ConfigMap', namespace, written.slice(slash + 1)), from.document);
  const value = map?.root.at('data', key).text();
  if (value !== undefined) return value;
  const what = map === undefined ? 'is in none of the files' : `has no key \`${shownText(key)}\``;
  from.get(fields.name).refuse({
    code: 'import.depends',
    message: `The ConfigMap \`${shownText(written)}\` ${what}, and pawl writes its value in place.`,
    help: 'Import the file that declares it in the same command.',
  });
  return undefined;
}
