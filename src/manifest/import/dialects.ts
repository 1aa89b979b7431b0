import { agentRuntimeOperator } from './agent-runtime-operator/dialect.ts';
import type { Dialect } from './dialect.ts';
import { kagent } from './kagent/dialect.ts';
import { kagentReference } from './kagent-reference/dialect.ts';
import { kubernetes } from './kubernetes/dialect.ts';
import { orloj } from './orloj/dialect.ts';

/** Every system whose manifests are read; a document is told by its apiVersion, its kind and, where these are not enough, its shape. */
export const dialects: readonly Dialect[] = [orloj, kagent, kagentReference, agentRuntimeOperator, kubernetes];
