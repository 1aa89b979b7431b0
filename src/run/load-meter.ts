import { totalmem } from 'node:os';

/** What this process uses since it was last asked. */
export class LoadMeter {
  #cpu = process.cpuUsage();
  #at = performance.now();

  /** Shares of 1: of one core, as JavaScript runs on one, and of the memory that the process may have. */
  read(): { readonly cpu: number; readonly memory: number } {
    const [cpu, at] = [process.cpuUsage(), performance.now()];
    const usedMs = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1_000;
    const share = usedMs / Math.max(1, at - this.#at);
    [this.#cpu, this.#at] = [cpu, at];
    return { cpu: Math.min(1, share), memory: Math.min(1, process.memoryUsage.rss() / memoryMax()) };
  }
}

/** A container may have less than the machine; 0 and impossible numbers say that there is no such limit. */
function memoryMax(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}
