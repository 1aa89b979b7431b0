import { shareAnnotation } from '../../share.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import { mapped, type FieldTable } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { isSelected } from './label-selector.ts';

/** Which namespaces may refer to a resource, after the manner of the Gateway API. */
export const allowedNamespacesFields: FieldTable = {
  'spec.allowedNamespaces.from': mapped(
    { type: 'string', enum: ['All', 'Same', 'Selector'] },
    'the annotation `pawl/share`',
  ),
  'spec.allowedNamespaces.selector': mapped('map', 'the annotation `pawl/share`, with the namespaces of the files'),
  'spec.allowedNamespaces.selector.matchLabels.*': mapped('string', 'the annotation `pawl/share`'),
  'spec.allowedNamespaces.selector.matchExpressions[].key': mapped({ type: 'string', required: true }, '`pawl/share`'),
  'spec.allowedNamespaces.selector.matchExpressions[].operator': mapped(
    { type: 'string', required: true, enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },
    '`pawl/share`',
  ),
  'spec.allowedNamespaces.selector.matchExpressions[].values[]': mapped('string', '`pawl/share`'),
};

export function allowedNamespacesRules({ spec }: ForeignDocument): void {
  const allowed = spec.get('allowedNamespaces');
  if (allowed.get('from').value !== 'Selector' || allowed.get('selector').exists) return;
  allowed.refuse({ code: 'import.schema', message: '`spec.allowedNamespaces.from: Selector` needs a `selector`.' });
}

/** Whether kagent lets agents of the namespace refer to the resource. */
export function allowsNamespace(conversion: Conversion, document: ForeignDocument, namespace: string): boolean {
  if (namespace === document.namespace) return true;
  const names = namesOf(conversion, document.spec.get('allowedNamespaces'));
  return names.includes('*') || names.includes(conversion.estate.namespaceOf(namespace));
}

/** The annotation that shares it in pawl; empty where it is not shared. */
export function shareOf(conversion: Conversion, { spec }: ForeignDocument): Readonly<Record<string, string>> {
  const allowed = spec.get('allowedNamespaces');
  const names = namesOf(conversion, allowed);
  allowed.get('from').text();
  const selector = allowed.get('selector');
  selector.json();
  if (allowed.get('from').value === 'Selector')
    selector.flag(
      'import.share',
      `pawl shares with namespaces by name. Of those in the files the labels fit: ${names.length === 0 ? 'none' : names.map(shownText).join(', ')}.`,
    );
  else if (selector.exists) selector.ignore('kagent reads it with `from: Selector` alone.');
  return names.length === 0 ? {} : { [shareAnnotation]: names.join(', ') };
}

function namesOf(conversion: Conversion, allowed: ForeignNode): readonly string[] {
  const from = allowed.get('from').value ?? 'Same';
  if (from === 'Same') return [];
  if (from === 'All') return ['*'];
  const names = [...conversion.estate.documents.keys()]
    .filter(({ kind, apiVersion }) => kind === 'Namespace' && apiVersion === 'v1')
    .filter((one) => isSelected(allowed.get('selector'), { 'kubernetes.io/metadata.name': one.name, ...one.labels }))
    .map(({ name }) => conversion.estate.namespaceOf(name));
  return [...new Set(names)].sort();
}
