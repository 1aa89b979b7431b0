import type { Bundle, BundleTool } from '../manifest/bundle.ts';
import { sha256 } from '../manifest/digest.ts';
import type { BundleServer } from '../manifest/bundle-world.ts';
import { type Json, own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { Action } from './approval.ts';
import type { SubjectAuthority } from './authority.ts';
import { bundleText } from './bundle-text.ts';
import { variableSecrets } from './compile-program.ts';
import { serverSecrets } from './compile-server.ts';
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
    ...boundIn(definition, bundle),
    pinnedPolicy: rulesDigest(revisions.pinned),
    livePolicy: revisions.live === undefined ? 'absent' : rulesDigest(revisions.live),
  };
}

const nowhere = { environment: '', run: '', step: '', call: '' };

/** Of a tool of an MCP server with the server: where it goes, with which secrets, and how it is kept apart. */
function boundIn(tool: BundleTool, { servers }: Bundle): Bound {
  const { impl } = tool;
  if (impl.type !== 'mcp') return boundOf(tool);
  const server = own(servers ?? {}, impl.server);
  if (server === undefined) throw new TypeError('a tool of a server that the bundle does not hold');
  return boundBy(server)(tool);
}

const boundBy = kept((server: BundleServer) => {
  const secrets = serverSecrets({ server }).map(({ secret, key }) => `${secret}/${key}`);
  return kept(
    (tool: BundleTool): Bound => ({
      pin: sha256(bundleText({ tool, server } as unknown as Json)),
      isolation: server.transport === 'http' ? 'inline' : server.isolation.min,
      egress: server.transport === 'http' ? [server.url] : (server.isolation.network?.hosts ?? []),
      secrets: [...new Set(secrets)].sort(compareText),
    }),
  );
});

type Bound = Pick<Action, 'pin' | 'isolation' | 'egress' | 'secrets'>;

/** Definitions and rows are read once and never change: each is digested once, and only when somebody is asked. */
const boundOf = kept((tool: BundleTool): Bound => {
  const { impl } = tool;
  if (impl.type === 'cli' || impl.type === 'container') {
    const secrets = variableSecrets(impl.env).map(({ secret, key }) => `${secret}/${key}`);
    return {
      pin: sha256(bundleText(tool as unknown as Json)),
      isolation: impl.isolation.min,
      egress: impl.isolation.network?.hosts ?? [],
      secrets: [...new Set(secrets)].sort(compareText),
    };
  }
  const secret = impl.type === 'http' || impl.type === 'a2a' ? impl.auth?.secret : undefined;
  return {
    pin: sha256(bundleText(tool as unknown as Json)),
    isolation: 'inline',
    egress: impl.type === 'http' ? impl.egress.hosts : impl.type === 'a2a' ? [new URL(impl.url).origin] : [],
    secrets: secret === undefined ? [] : [`${secret.secret}/${secret.key}`],
  };
});

const rulesDigest = kept((row: SubjectAuthority): string => sha256(bundleText(row as unknown as Json)));
