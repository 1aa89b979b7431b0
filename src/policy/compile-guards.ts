import type { BundleGuard, GuardProvider } from '../manifest/bundle-guard.ts';
import type { SecretUse } from '../manifest/bundle-secret.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import type { SecretRef } from '../manifest/types.gen.ts';
import { shared } from './bundle-text.ts';
import { authOf } from './compile-auth.ts';
import { durationMs } from './duration-ms.ts';
import type { View } from './estate.ts';
import { kept } from './kept.ts';
import { type SpecOf, specOf } from './typed.ts';

/** `namespace/name` of the Guards that a subject's calls pass: its own, and those of policies that reach it; sorted. */
export function guardsNamed(agent: Resource | undefined, given: readonly string[]): readonly string[] {
  const own =
    agent === undefined ? [] : (specOf(agent, 'Agent').guards ?? []).map((name) => qualify(name, agent.namespace));
  return [...new Set([...own, ...given])].sort(compareText);
}

/** The definitions of some Guards by `namespace/name`, sorted; undefined: of none. */
export function guardsCompiled(paths: Iterable<string>, view: View): Readonly<Record<string, BundleGuard>> | undefined {
  const names = [...new Set(paths)].sort(compareText);
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.map((path) => [path, guardOf(view.resource('Guard', path))]));
}

const guardOf = kept((guard: Resource): BundleGuard => {
  const { mode, calls, action, timeout, provider } = specOf(guard, 'Guard');
  return shared({
    mode: [...mode].sort(compareText),
    calls: [...calls].sort(compareText),
    action,
    timeoutMs: durationMs(timeout),
    provider: providerOf(guard, provider),
  });
});

function providerOf(guard: Resource, provider: SpecOf<'Guard'>['provider']): GuardProvider {
  const { type } = provider;
  switch (type) {
    case 'regex':
      return { type, patterns: given(guard, provider.regex).patterns };
    case 'http': {
      const { url, allowPrivate, auth } = given(guard, provider.http);
      return { type, url, allowPrivate, ...authOf(guard, auth) };
    }
    case 'presidio': {
      const { url, allowPrivate, auth, language, entities, minScore } = given(guard, provider.presidio);
      const some = entities === undefined ? {} : { entities: [...entities].sort(compareText) };
      return { type, url, allowPrivate, ...authOf(guard, auth), language, ...some, minScore };
    }
    case 'openaiModeration': {
      const { baseUrl, allowPrivate, secretRef, model, categories, minScore } = given(guard, provider.openaiModeration);
      const some = categories === undefined ? {} : { categories: [...categories].sort(compareText) };
      const least = minScore === undefined ? {} : { minScore };
      return { type, baseUrl, allowPrivate, secret: secretUse(secretRef, guard.namespace), model, ...some, ...least };
    }
  }
}

/** The block of the provider's type, which the schema asks for. */
function given<T>(guard: Resource, block: T | undefined): T {
  if (block === undefined) throw new TypeError(`${guard.address} lacks the block of its type: validation comes first`);
  return block;
}

function secretUse({ name, key }: SecretRef, namespace: string): SecretUse {
  return { secret: qualify(name, namespace), key };
}

/** The secrets that guards use, so that nobody's answer repeats them. */
export function guardSecrets(guards: Readonly<Record<string, BundleGuard>>): readonly SecretUse[] {
  return Object.values(guards).flatMap(({ provider }) => {
    switch (provider.type) {
      case 'regex':
        return [];
      case 'http':
      case 'presidio':
        return provider.auth === undefined ? [] : [provider.auth.secret];
      case 'openaiModeration':
        return [provider.secret];
    }
  });
}
