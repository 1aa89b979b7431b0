import type { Json } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { findAny, mayUse } from './agent-tools.ts';

/** One agent that another lists as a tool. */
export interface AgentUse {
  readonly entry: ForeignNode;
  readonly node: ForeignNode;
  readonly kinds: readonly string[];
  readonly namespace: string;
  readonly name: string;
  /** Whether each call begins a conversation of its own. */
  readonly isolated: boolean;
  /** What the model calls it, and is told of it, where that is not the agent's own. */
  readonly called?: string | undefined;
  readonly description?: string | undefined;
}

/** The `agents` of an agent: each once, each under a name of its own. */
export function importedAgents(conversion: Conversion, uses: readonly AgentUse[]): readonly Json[] {
  const listed = new Set<string>();
  const names = new Set<string>();
  return uses.flatMap((use) => {
    const found = findTarget(conversion, use);
    if (found === undefined) return [];
    const agentRef = conversion.refer(use.node, { ...use, as: 'Agent' });
    if (use.called === undefined && listed.has(agentRef)) {
      use.entry.ignore('The agent is listed before.');
      return [];
    }
    listed.add(agentRef);
    const { name: own } = conversion.identityOf(found);
    const name = freeName(names, conversion.estate.plainName(use.called ?? own));
    const { description } = use;
    const isolation = use.isolated ? 'perCall' : 'shared';
    return [given({ agentRef, name: name === own ? undefined : name, description, isolation })];
  });
}

/** The agent, where it is among the files and may be listed from here. */
function findTarget(conversion: Conversion, use: AgentUse): ForeignDocument | undefined {
  const found = findAny(conversion, use);
  if (found !== undefined) return mayUse(conversion, use.entry, found) ? found : undefined;
  const message = `The ${use.kinds.join(' or ')} \`${shownText(use.name)}\` of the namespace \`${shownText(use.namespace)}\` is in none of the files: it is left out.`;
  use.node.drop({ code: 'import.reference', message, help: 'Import the file that declares it in the same command.' });
  return undefined;
}

function freeName(taken: Set<string>, wanted: string): string {
  let name = wanted;
  for (let count = 2; taken.has(name); count += 1) name = `${wanted.slice(0, 59)}-${count}`;
  taken.add(name);
  return name;
}
