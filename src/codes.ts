import { actionCodes } from './action/codes.ts';
import { apiCodes } from './api/codes.ts';
import { applyCodes } from './apply/codes.ts';
import { busCodes } from './bus/codes.ts';
import { cliCodes } from './cli/codes.ts';
import { configCodes } from './config.ts';
import { alertCodes } from './controller/alert-codes.ts';
import { auditCodes } from './controller/audit-codes.ts';
import { controllerCodes } from './controller/codes.ts';
import { driftCodes } from './controller/drift-codes.ts';
import { githubCodes } from './github/codes.ts';
import { proposalCodes } from './controller/proposal-codes.ts';
import { manifestCodes } from './manifest/codes.ts';
import { importCodes } from './manifest/import/codes.ts';
import { formatCodes } from './manifest/format-codes.ts';
import { environmentCodes } from './manifest/environment-codes.ts';
import { own } from './manifest/json.ts';
import type { CodeDoc } from './manifest/problem.ts';
import { lockCodes } from './manifest/lock-codes.ts';
import { promptCodes } from './manifest/prompt-codes.ts';
import { secretCodes } from './manifest/secret-codes.ts';
import { memoryCodes } from './memory/codes.ts';
import { modelCodes } from './models/codes.ts';
import { planCodes } from './plan/codes.ts';
import { policyCodes } from './policy/reason.ts';
import { approvalCodes } from './run/approval-codes.ts';
import { runCodes } from './run/codes.ts';
import { eventCodes } from './run/event-codes.ts';
import { haltCodes } from './run/halt-codes.ts';
import { peopleCodes } from './run/people-codes.ts';
import { queueCodes } from './run/queue-codes.ts';
import { rolloutCodes } from './run/rollout-codes.ts';
import { taskCodes } from './run/task-codes.ts';
import { sourceCodes } from './source/codes.ts';
import { storeCodes } from './store/codes.ts';
import { storedSecretCodes } from './store/secret-codes.ts';
import { toolCodes } from './tools/codes.ts';

/** Each area's own registry; one code stands in one of them. */
export const registries: readonly Readonly<Record<string, CodeDoc>>[] = [
  manifestCodes,
  formatCodes,
  importCodes,
  environmentCodes,
  promptCodes,
  secretCodes,
  lockCodes,
  sourceCodes,
  planCodes,
  applyCodes,
  controllerCodes,
  auditCodes,
  driftCodes,
  alertCodes,
  proposalCodes,
  githubCodes,
  policyCodes,
  runCodes,
  eventCodes,
  haltCodes,
  peopleCodes,
  approvalCodes,
  queueCodes,
  taskCodes,
  rolloutCodes,
  toolCodes,
  storedSecretCodes,
  modelCodes,
  memoryCodes,
  storeCodes,
  busCodes,
  apiCodes,
  cliCodes,
  actionCodes,
  configCodes,
];

/** Every code that a user can meet, in order of its name. */
export const codes: Readonly<Record<string, CodeDoc>> = Object.fromEntries(
  registries.flatMap((registry) => Object.entries(registry)).sort(([a], [b]) => (a < b ? -1 : 1)),
);

export function explain(code: string): CodeDoc | undefined {
  return own(codes, code);
}
