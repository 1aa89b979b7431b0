import { maskSecrets } from '../manifest/secret-literal.ts';
import type { PinChange } from '../plan/pin-diff.ts';
import type { PinFinding } from '../plan/pin-lint.ts';
import { code, fenced } from '../plan/render/inert.ts';
import { counted } from '../plan/render/words.ts';
import { listOf, said } from './proposal-text.ts';

/** What a server says of its tools is a stranger's text: it is shown in code, where nothing of it means anything. */
const charactersMax = 20_000;
const toolCharactersMax = 4_000;
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
  const texts = changes.map(textsOf).sort(byWorth).slice(0, toolsMax);
  let characters = 0;
  const shown = texts.map(({ whole, name }) => {
    // What one tool says at length keeps no other from being read.
    if (whole.length > toolCharactersMax || characters + whole.length > charactersMax)
      return `${name}: too long to show, see the file.`;
    characters += whole.length;
    return whole;
  });
  const left = changes.length - shown.length;
  const more = left === 0 ? [] : [`${counted(left, 'more tool')}: see the file.`];
  return [...shown, ...more].join('\n\n');
}

interface ChangeTexts {
  readonly isChanged: boolean;
  /** `x` is changed */
  readonly name: string;
  readonly whole: string;
}

function textsOf({ kind, tool, lines }: PinChange): ChangeTexts {
  const name = `${code(tool)} is ${kind}`;
  const block = lines.length === 0 ? [] : ['', fenced(lines.map(maskSecrets), 'diff')];
  return { isChanged: kind === 'changed', name, whole: [`${name}.`, ...block].join('\n') };
}

/** What agents may call already, then what comes and goes; of each the shortest first. */
function byWorth(a: ChangeTexts, b: ChangeTexts): number {
  return Number(b.isChanged) - Number(a.isChanged) || a.whole.length - b.whole.length;
}
