import { ignored, type FieldTable } from '../field-table.ts';

const pod = 'Agents run in workers of pawl: there is no pod to shape.';
const pull = 'How an image is pulled is a matter of the workers that run it.';
const account = 'An agent has no account in a cluster: its roles say what it may.';

/** Variables of a process that is pawl's own. */
export const noProcess = 'pawl runs the agent in its own loop: there is no process to give variables to.';

/** What an image is told beyond itself. */
export const elsewhere = '`Agent.spec.runtime.external`: kagent goes on running an image that is told more';

/** What kagent lets an author say of the pod of an agent, below `prefix`. */
export function podFields(prefix: string): FieldTable {
  return {
    [`${prefix}.affinity`]: ignored('any', pod),
    [`${prefix}.annotations`]: ignored('any', pod),
    [`${prefix}.deploymentAnnotations`]: ignored('any', pod),
    [`${prefix}.extraContainers`]: ignored('any', 'Containers beside an agent belong to its pod, and there is none.'),
    [`${prefix}.imagePullPolicy`]: ignored('string', pull),
    [`${prefix}.imagePullSecrets`]: ignored('any', pull),
    [`${prefix}.labels`]: ignored('any', pod),
    [`${prefix}.nodeSelector`]: ignored('any', pod),
    [`${prefix}.podSecurityContext`]: ignored('any', pod),
    [`${prefix}.replicas`]: ignored('integer', 'Pools of workers say how much runs at once, not agents.'),
    [`${prefix}.resources`]: ignored('any', pod),
    [`${prefix}.securityContext`]: ignored('any', pod),
    [`${prefix}.serviceAccountConfig`]: ignored('any', account),
    [`${prefix}.serviceAccountName`]: ignored('string', account),
    [`${prefix}.tolerations`]: ignored('any', pod),
    [`${prefix}.topologySpreadConstraints`]: ignored('any', pod),
    [`${prefix}.volumeMounts`]: ignored('any', pod),
    [`${prefix}.volumes`]: ignored('any', pod),
  };
}
