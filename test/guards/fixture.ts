import { onTestFinished } from 'vitest';
import type { BundleGuard, GuardProvider } from '../../src/manifest/bundle-guard.ts';
import type { GuardCallOptions, GuardRequest } from '../../src/guards/guard.ts';
import { type ServiceAnswer, type ServiceCall, type ServiceDouble, startService } from '../support/guard-servers.ts';
import { canarySecrets } from '../tools/fixture.ts';

export function guard(provider: GuardProvider, change: Partial<BundleGuard> = {}): BundleGuard {
  return {
    mode: ['postCall', 'preCall'],
    calls: ['model', 'tool'],
    action: 'mask',
    timeoutMs: 5_000,
    provider,
    ...change,
  };
}

export function about(...texts: readonly string[]): GuardRequest {
  return { mode: 'preCall', call: 'tool', texts };
}

export function optionsWith(change: Partial<GuardCallOptions> = {}): GuardCallOptions {
  return { signal: new AbortController().signal, secrets: canarySecrets('token-1234'), ...change };
}

/** A service that ends with the test. */
export async function service(answer: (call: ServiceCall) => ServiceAnswer): Promise<ServiceDouble> {
  return ending(await startService(answer));
}

export function ending<D extends ServiceDouble>(double: D): D {
  onTestFinished(() => double.close());
  return double;
}
