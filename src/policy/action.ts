import type { Bundle, BundleTool } from '../manifest/bundle.ts';
import { sha256 } from '../manifest/digest.ts';
import { type Json, own } from '../manifest/json.ts';
import type { Action } from './approval.ts';
import type { SubjectAuthority } from './authority.ts';
import { bundleText } from './bundle-text.ts';
import type { CallPlace } from './context.ts';
import type { Revisions } from './effective.ts';
import { kept } from './kept.ts';

/** One call, whose place and arguments are known. */
export interface Acting {
  /** Absent: a plan's question, which is of no run. */
  readonly where: CallPlace | undefined;
  readonly subject: Action['subject'];
  /** `namespace/name` of the Tool. */
  readonly tool: string;
  readonly argsDigest: string;
  readonly bundle: Bundle;
  readonly revisions: Revisions;
}

/** The action that people look at, to which what they say of it is bound. */
export function actionOf({ where, subject, tool, argsDigest, bundle, revisions }: Acting): Action {
  const definition = own(bundle.tools, tool);
  // Whatever cannot be named cannot be approved: the gate refuses what throws.
  if (definition === undefined) throw new TypeError('an action without a tool');
  const { environment, run, step, call } = where ?? nowhere;
  return {
    environment,
    run,
    step,
    call,
    subject,
    tool,
    args: argsDigest,
    ...boundOf(definition),
    pinnedPolicy: rulesDigest(revisions.pinned),
    livePolicy: revisions.live === undefined ? 'absent' : rulesDigest(revisions.live),
  };
}

const nowhere = { environment: '', run: '', step: '', call: '' };

/** Definitions and rows are read once and never change: each is digested once, and only when somebody is asked. */
const boundOf = kept((tool: BundleTool): Pick<Action, 'pin' | 'isolation' | 'egress' | 'secrets'> => {
  const { impl } = tool;
  const secret = impl.type === 'http' ? impl.auth?.secret : undefined;
  return {
    pin: sha256(bundleText(tool as unknown as Json)),
    isolation: 'inline',
    egress: impl.type === 'http' ? impl.egress.hosts : [],
    secrets: secret === undefined ? [] : [`${secret.secret}/${secret.key}`],
  };
});

const rulesDigest = kept((row: SubjectAuthority): string => sha256(bundleText(row as unknown as Json)));
