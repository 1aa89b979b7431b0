import { maskSecrets } from '../manifest/secret-literal.ts';
import type { PinChange } from '../plan/pin-diff.ts';
import type { PinFinding } from '../plan/pin-lint.ts';
import { code, fenced } from '../plan/render/inert.ts';
import { counted } from '../plan/render/words.ts';
import { listOf, said } from './proposal-text.ts';

/** What a server says of its tools is a stranger's text: it is shown in code, where nothing of it means anything. */
const charactersMax = 20_000;
const toolsMax = 50;

/** What a reviewer should look at twice, before everything else. */
export function findingsParagraph(findings: readonly PinFinding[]): string | undefined {
  return listOf(
    'Look at these first:',
    findings.map(({ tool, message }) => `${code(tool)} ${said(maskSecrets(message))}`),
  );
}

/** What differs from the lock file, tool by tool; the file itself has all of it. */
export function changesParagraph(changes: readonly PinChange[]): string {
  const shown: string[] = [];
  let characters = 0;
  for (const { kind, tool, lines } of changes.slice(0, toolsMax)) {
    const block = lines.length === 0 ? [] : ['', fenced(lines.map(maskSecrets), 'diff')];
    const text = [`${code(tool)} is ${kind}.`, ...block].join('\n');
    characters += text.length;
    if (characters > charactersMax) break;
    shown.push(text);
  }
  const left = changes.length - shown.length;
  const more = left === 0 ? [] : [`${counted(left, 'more tool')}: see the file.`];
  return [...shown, ...more].join('\n\n');
}
