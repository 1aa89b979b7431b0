import { type Bus, channels, type Taker } from './bus.ts';

/** Tells a worker of its pool's ready runs, in the way of the bus, until the returned function is called. */
export function serve(bus: Bus, pool: string, taker: Taker): Promise<() => Promise<void>> {
  return bus.serve?.(pool, taker) ?? serveByListening(bus, pool, taker);
}

/** Where every worker hears of every run: all of them look, and the claim decides. */
export function serveByListening(bus: Bus, pool: string, taker: Taker): Promise<() => Promise<void>> {
  return bus.listen(channels.ready, (payload) => {
    // A look that failed is made again by the worker's poll, which says so in its log.
    if (payload === '' || payload === pool) void taker.look().catch(() => undefined);
  });
}
