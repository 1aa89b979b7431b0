import type { ForeignNode } from '../foreign.ts';

/**
 * Whether labels are selected as Kubernetes selects them: every one of `matchLabels` and `matchExpressions` must hold,
 * and an empty selector selects everything. An operator that is not known selects nothing.
 */
export function isSelected(selector: ForeignNode, labels: Readonly<Record<string, string>>): boolean {
  selector.json();
  const wanted = selector.get('matchLabels').entries();
  if (!wanted.every(([key, { value }]) => valueOf(labels, key) === value)) return false;
  return selector
    .get('matchExpressions')
    .items()
    .every((expression) => holds(expression, labels));
}

function holds(expression: ForeignNode, labels: Readonly<Record<string, string>>): boolean {
  const key = expression.get('key').value;
  if (typeof key !== 'string') return false;
  const label = valueOf(labels, key);
  const isAmong = expression
    .get('values')
    .items()
    .some(({ value }) => value === label);
  switch (expression.get('operator').value) {
    case 'In':
      return label !== undefined && isAmong;
    case 'NotIn':
      return label === undefined || !isAmong;
    case 'Exists':
      return label !== undefined;
    case 'DoesNotExist':
      return label === undefined;
    default:
      return false;
  }
}

function valueOf(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
