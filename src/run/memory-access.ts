import { own } from '../manifest/json.ts';
import type { MemoryAccess } from '../memory/access.ts';
import type { Embed } from '../memory/embedding.ts';
import type { Memory } from '../memory/memory.ts';
import type { MemoryReach } from '../memory/reach.ts';
import type { ToolStepCall } from './ask.ts';
import { subjectOf } from './caller.ts';
import type { Scope } from './scope.ts';

/** A memory of the run's environment as its bundle has it; undefined: there is none, or this worker keeps none. */
export function openMemory(path: string, scope: Scope, reach: MemoryReach): Memory | undefined {
  const settings = own(scope.content.memories, path);
  if (settings === undefined || scope.memories === undefined) return undefined;
  const name = { environment: scope.run.environment, memory: path };
  return scope.memories.open(name, settings, reach);
}

/** What the memory tools of a call reach, in the name of who calls. `reach`: how they reach it, if it is elsewhere. */
export function memoryAccess(
  call: ToolStepCall,
  scope: Scope,
  { reach, embed }: { readonly reach: MemoryReach; readonly embed: Embed },
): MemoryAccess | undefined {
  if (scope.memories === undefined || scope.content.memories === undefined) return undefined;
  return {
    caller: subjectOf(call.caller),
    run: scope.run.id,
    embed,
    signal: reach.signal,
    open(path) {
      const memory = openMemory(path, scope, reach);
      const topK = own(scope.content.memories, path)?.longTerm?.topK;
      return memory && { memory, topK: topK ?? 5 };
    },
  };
}
