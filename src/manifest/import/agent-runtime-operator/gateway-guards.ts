import type { JsonObject } from '../../json.ts';
import type { Identity } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument } from '../foreign.ts';
import { given } from '../given.ts';
import { guardNames } from './guard.ts';
import { guardOf } from './guard-use.ts';

/** What a gateway restricts, and whose calls pass it. */
export interface Passing {
  readonly agents: readonly ForeignDocument[];
  readonly limits?: JsonObject;
}

/**
 * The restrictions of a gateway as an AgentPolicy over the agents whose calls pass it: they hold wherever the calls go,
 * and whoever owns the gateway owns them, as before.
 */
export function restrict(gateway: ForeignDocument, conversion: Conversion, { agents, limits }: Passing): void {
  const guardrails = gateway.spec.get('guardrails');
  const guards = guardReferences(gateway, conversion);
  if (guards.length === 0 && limits === undefined) return;
  if (agents.length === 0) {
    const message = 'No agent of the files passes this gateway, so that no policy is written for it.';
    return (guardrails.exists ? guardrails : gateway.spec).flag('import.assumed', message);
  }
  const { namespace, name } = conversion.identityOf(gateway);
  const targets = agents.map((agent) => conversion.mention(gateway.spec, conversion.identityOf(agent)));
  conversion.emit(gateway, {
    kind: 'AgentPolicy',
    namespace,
    name: conversion.freeName('AgentPolicy', namespace, `${name}-gateway`),
    spec: given({
      description: `What ${gateway.title} restricts.`,
      targets: { agents: [...new Set(targets)] },
      limits,
      guards: guards.length === 0 ? undefined : guards,
    }),
    remarks: ['Agents that are added behind the gateway have to be added here, or the policy widened to a namespace.'],
  });
}

function guardReferences(gateway: ForeignDocument, conversion: Conversion): string[] {
  const guards = gateway.spec
    .get('guardrails')
    .items()
    .flatMap((node) => {
      const guard = guardOf(node, conversion.estate);
      if (guard === undefined) {
        const namespace = node.get('namespace').text();
        return [
          conversion.refer(node, { kinds: ['Guard'], namespace, name: node.get('name').text() ?? '', as: 'Guard' }),
        ];
      }
      const { namespace } = conversion.identityOf(guard);
      return guardNames(guard, conversion).map((name) => {
        const identity: Identity = { kind: 'Guard', namespace, name };
        return conversion.mention(node, identity);
      });
    });
  return [...new Set(guards)];
}
