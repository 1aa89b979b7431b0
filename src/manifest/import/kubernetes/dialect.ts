import type { Dialect, ForeignKind } from '../dialect.ts';
import { ignored, mapped } from '../field-table.ts';
import type { ForeignDocument } from '../foreign.ts';

const cluster = 'It deploys the other system; workers of pawl are processes that an operator starts.';
const access = 'It is access to the cluster; access to pawl is given by roles and people of pawl.';
const network = 'It is a network of the cluster; addresses that agents use are in their own manifests.';
const count = 'It says how many processes run; a WorkerPool says so in pawl.';

/** What is listed and left alone: kind, versions, reason. */
const leftAlone: readonly (readonly [kind: string, apiVersions: readonly string[], reason: string])[] = [
  ['Namespace', ['v1'], 'Namespaces need no manifest in pawl: they are there when something is in them.'],
  ['Service', ['v1'], network],
  ['Ingress', ['networking.k8s.io/v1', 'extensions/v1beta1'], network],
  ['NetworkPolicy', ['networking.k8s.io/v1'], network],
  ['Gateway', ['gateway.networking.k8s.io/v1', 'gateway.networking.k8s.io/v1beta1'], network],
  ['HTTPRoute', ['gateway.networking.k8s.io/v1', 'gateway.networking.k8s.io/v1beta1'], network],
  ['Deployment', ['apps/v1'], cluster],
  ['StatefulSet', ['apps/v1'], cluster],
  ['DaemonSet', ['apps/v1'], cluster],
  ['ReplicaSet', ['apps/v1'], cluster],
  ['Pod', ['v1'], cluster],
  ['Job', ['batch/v1'], cluster],
  ['CronJob', ['batch/v1'], 'It runs a container by the clock; a TaskSchedule runs an AgentSystem so.'],
  ['PersistentVolumeClaim', ['v1'], cluster],
  ['PersistentVolume', ['v1'], cluster],
  ['StorageClass', ['storage.k8s.io/v1'], cluster],
  ['PodDisruptionBudget', ['policy/v1'], cluster],
  ['HorizontalPodAutoscaler', ['autoscaling/v1', 'autoscaling/v2'], count],
  ['ScaledObject', ['keda.sh/v1alpha1'], count],
  ['ScaledJob', ['keda.sh/v1alpha1'], count],
  ['TriggerAuthentication', ['keda.sh/v1alpha1'], count],
  ['ServiceAccount', ['v1'], access],
  ['Role', ['rbac.authorization.k8s.io/v1'], access],
  ['RoleBinding', ['rbac.authorization.k8s.io/v1'], access],
  ['ClusterRole', ['rbac.authorization.k8s.io/v1'], access],
  ['ClusterRoleBinding', ['rbac.authorization.k8s.io/v1'], access],
  ['ServiceMonitor', ['monitoring.coreos.com/v1'], 'It watches the other system; pawl reports what it does itself.'],
  ['CustomResourceDefinition', ['apiextensions.k8s.io/v1'], 'It declares kinds to the cluster, and no agents.'],
];

const head = {
  apiVersion: mapped({ type: 'string', required: true }, 'the dialect'),
  kind: mapped({ type: 'string', required: true }, '`kind`'),
  metadata: mapped('any', 'what others find it by'),
  immutable: ignored('boolean', 'Git keeps what was.'),
};

const configMap: ForeignKind = {
  kind: 'ConfigMap',
  apiVersions: ['v1'],
  fields: {
    ...head,
    data: mapped('any', 'whatever refers to one of its keys, as a prompt does'),
    binaryData: ignored('any', 'No field of an agent is read from bytes.'),
  },
  fate: { fate: 'referenced', reason: 'Its texts are carried over where a manifest refers to them.' },
};

const values = 'Values of secrets are never read: set them where pawl runs.';

const secret: ForeignKind = {
  kind: 'Secret',
  apiVersions: ['v1'],
  fields: {
    ...head,
    type: ignored('string', 'A secret has one type in pawl.'),
    data: ignored('any', values),
    stringData: ignored('any', values),
  },
  rules: flagValues,
  fate: { fate: 'referenced', reason: 'The keys that agents use are listed as to be set; values are never read.' },
};

/** Whoever can read the file knows them. */
function flagValues(document: ForeignDocument): void {
  for (const key of ['data', 'stringData']) {
    const node = document.root.get(key);
    if (node.entries().some(([, value]) => value.exists && value.value !== ''))
      node.flag('import.secret_value', 'The values stand in the file, so they are known: set others.');
  }
}

/** Kinds of Kubernetes around the agents: read where they are referred to, and else left alone. */
export const kubernetes: Dialect = {
  name: 'kubernetes',
  title: 'Kubernetes',
  kinds: [
    configMap,
    secret,
    ...leftAlone.map(
      ([kind, apiVersions, reason]): ForeignKind => ({
        kind,
        apiVersions,
        fields: {},
        fate: { fate: 'ignored', reason },
      }),
    ),
  ],
};
