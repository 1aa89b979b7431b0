import type { PinRecord } from '../api/operations-alert.ts';
import type { ResourceRecord } from '../api/operations.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Door } from './app-port.ts';
import { hasMoved } from './alerts.ts';
import type { Terminal } from './terminal.ts';
import { hanging } from './wrap.ts';

/** What workers found of the McpServers in a list, by address; nothing is asked where there is none. */
export async function pinsOf(
  door: Door,
  environment: string,
  records: readonly ResourceRecord[],
): Promise<ReadonlyMap<string, PinRecord>> {
  if (!records.some(({ address }) => address.startsWith('McpServer/'))) return new Map();
  const pins = await door.operations.pins(environment);
  return new Map(pins.map((pin) => [`McpServer/${pin.server}`, pin] as const));
}

/** The column DRIFTED: rows come first, for what runs of them is not what stands there. */
export function driftWord({ drifted }: ResourceRecord, pin: PinRecord | undefined): string {
  if (drifted) return 'yes';
  return pin !== undefined && hasMoved(pin) ? 'pins' : 'no';
}

/** Below one McpServer: what it offers, and how that stands against the pin. */
export function showPins({ terminal }: { readonly terminal: Terminal }, pin: PinRecord): void {
  const { told, tools, at, standing } = pin;
  const itself = [told.name, told.version].filter((part) => part !== undefined).join(' ');
  const calls = itself === '' ? '' : ` It calls itself ${neutral(itself)}.`;
  const meaning = {
    asPinned: 'all tools are as pinned',
    moved: 'tools are not as pinned, and are not called',
    unpinned: 'nothing is pinned, so that no tool is called',
    identity: 'it is declared otherwise than when it was pinned, so that no tool is called',
  }[standing];
  terminal.out('');
  terminal.out(hanging(`A worker asked it at ${at}: ${meaning}.${calls}`, terminal.tableWidth));
  const same = tools.filter(({ state }) => state === 'same').map(({ name }) => neutral(name));
  for (const { name, state } of tools.filter((tool) => tool.state !== 'same'))
    terminal.out(`  ! ${state}  ${neutral(name)}`);
  if (same.length > 0) terminal.out(hanging(`    as pinned: ${same.join(', ')}`, terminal.tableWidth));
}
