import { neutral } from '../../manifest/neutral.ts';
import type { Plan } from '../change.ts';
import type { Override } from '../override.ts';
import type { Page } from './page.ts';
import { counted, named } from './words.ts';

const shownMax = 10;

/** What hands hold over what Git says: the plan leaves it in force. */
export function overrides(out: Page, { overrides: held = [] }: Plan): void {
  if (held.length === 0) return;
  out.line(0, overridesText(held.length), { paint: out.colors.yellow });
  for (const one of held.slice(0, shownMax)) out.line(2, overrideText(one), { mark: '=', paint: out.colors.yellow });
  if (held.length > shownMax) out.line(2, `(${counted(held.length - shownMax, 'more override')})`, { mark: '#' });
  out.blank();
}

export function overridesText(count: number): string {
  return `Expected drift: ${counted(count, 'override')} ${count === 1 ? 'holds' : 'hold'} over what Git says.`;
}

export function overrideText({ id, address, by, reason, expiresAt }: Override): string {
  return `${named(address)} until ${expiresAt}, override ${id} by ${neutral(by)}: ${neutral(reason)}`;
}
