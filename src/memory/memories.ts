import type { Database } from '../store/database-port.ts';
import { sweepMemories } from '../store/memory-sweep.ts';
import { databaseMemory } from './database-memory.ts';
import type { Memories } from './memory.ts';
import { ProcessMemories } from './process-memory.ts';
import { serviceMemory } from './service-memory.ts';

/** The memories that a worker opens, by their types. */
export function memoriesOn(database: Database): Memories & { readonly sweep: () => Promise<void> } {
  const own = new ProcessMemories();
  return {
    open(name, memory, reach) {
      switch (memory.type) {
        case 'postgres':
          return databaseMemory(database, name, memory);
        case 'inMemory':
          return own.open(name);
        case 'http':
          if (memory.http === undefined) throw new TypeError(`the memory ${name.memory} has no service`);
          return serviceMemory(name, { ...memory, http: memory.http }, reach);
      }
    },
    sweep: () => sweepMemories(database),
  };
}
