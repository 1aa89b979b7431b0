import type { Json, JsonObject } from '../../json.ts';
import type { ForeignNode } from '../foreign.ts';
import { durationText, goDurationMs } from '../go-duration.ts';
import type { RouteGraph } from './route-graph.ts';

/** The group of `pawl.yaml` that a review asks: Orloj lets anybody decide who may write. */
const reviewers = 'reviewers';

const ttlDefault = '10m';
const cyclesDefault = 3;
const cyclesMax = 20;

/** A review of pawl's; undefined where there is none. */
export function reviewOf(review: ForeignNode): JsonObject | undefined {
  if (!review.exists) return undefined;
  review.get('checkpoint_id').text();
  const message = `Orloj lets anybody decide who may write. Here the group \`${reviewers}\` of \`pawl.yaml\` decides: say who is in it.`;
  review.flag('import.approvers', message);
  return { approvers: { groups: [reviewers] }, ttl: ttlOf(review.get('ttl')), maxCycles: cyclesOf(review) };
}

function ttlOf(node: ForeignNode): string {
  const written = node.text()?.trim() ?? '';
  const ms = written === '' ? undefined : goDurationMs(written);
  if (written !== '' && ms === undefined)
    node.refuse({ code: 'import.schema', message: 'This is no duration as Go writes it.' });
  if (ms === undefined || ms === 0) return ttlDefault;
  // A review has whole seconds, at most seven days.
  return durationText(Math.min(Math.ceil(ms / 1000) * 1000, 7 * 24 * 3_600_000)) ?? ttlDefault;
}

function cyclesOf(review: ForeignNode): number {
  const mayChange = review.get('allow_request_changes').boolean() ?? true;
  const cycles = review.get('max_review_cycles').number() ?? cyclesDefault;
  if (!mayChange) return 0;
  return Math.min(cycles === 0 ? cyclesDefault : cycles, cyclesMax);
}

/** The review of what a task puts out: of the one agent that ends it. */
export function completionReview(
  node: ForeignNode,
  { routes, bodies }: { readonly routes: RouteGraph; readonly bodies: Map<string, Record<string, Json>> },
): void {
  const review = reviewOf(node);
  if (review === undefined) return;
  const delegated = new Set([...routes.nodes.values()].flatMap((one) => one.delegates.map(({ to }) => to)));
  const last = [...bodies].filter(([key, body]) => !delegated.has(key) && mayEnd(body));
  const [only] = last;
  if (only === undefined || last.length > 1 || only[1]['review'] !== undefined) {
    const message =
      'pawl reviews the output of a node, and here no single node without a review of its own ends the system.';
    const help = 'Let all ways lead to one last agent.';
    return node.refuse({ message, help });
  }
  only[1]['review'] = review;
}

/** Whether a branch may end at a node. */
function mayEnd(body: Readonly<Record<string, Json>>): boolean {
  const edges = body['edges'];
  if (!Array.isArray(edges)) return true;
  return edges.some((edge) => typeof edge === 'object' && edge !== null && (edge as JsonObject)['to'] === 'end');
}
