import { shownText } from '../../shown.ts';
import type { ForeignNode } from '../foreign.ts';

/**
 * The number that stands in a field: kagent writes decimals as text, because Kubernetes wants no floating point there. An
 * empty text is no number; a text that is none, or one out of bounds, refuses the document.
 */
export function numberIn(
  node: ForeignNode,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const written = node.json();
  if (written === undefined || written === '') return undefined;
  const number = typeof written === 'string' && isNumber.test(written) ? Number(written) : written;
  if (typeof number !== 'number' || !Number.isFinite(number)) {
    const what = typeof written === 'string' ? `: \`${shownText(written)}\`` : '';
    const message = `\`${node.field}\` is no number${what}.`;
    node.refuse({ code: 'import.schema', message, help: 'Write a decimal number, such as "0.7".' });
    return undefined;
  }
  if (number >= min && number <= max) return number;
  node.refuse({ message: `\`${node.field}\` must be from ${min} to ${max} in pawl.`, help: 'Choose another value.' });
  return undefined;
}

const isNumber = /^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/;
