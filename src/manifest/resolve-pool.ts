import type { Report, Sound } from './estate.ts';
import type { Json, JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { didYouMean } from './nearest.ts';
import type { Targets } from './resolve-reference.ts';
import type { Kind } from './resource.ts';
import { isSharedWith } from './share.ts';
import { shownText } from './shown.ts';
import type { Path } from './text.ts';

/** Warns of work that no worker pool can take: its runs would be refused when they are begun. */
export function poolFindings(estate: Targets, report: Report): void {
  for (const kind of workKinds) {
    for (const work of estate.byKind.get(kind) ?? []) {
      const { path, requires } = requiredBy(work);
      const wants = wantsOf(requires);
      if (wants.length === 0 || isUnknown(estate)) continue;
      const pools = (estate.byKind.get('WorkerPool') ?? []).filter((pool) => mayUse(work, pool, estate));
      const nearest = nearestOf(pools, wants);
      const lacking = nearest === undefined ? wants : nearest.lacks;
      const [first] = lacking;
      if (first === undefined) continue;
      const near = nearest === undefined ? 'there is none that it may use' : `${nearest.address} is the nearest`;
      const offered = pools.flatMap(({ content }) => first.offers(objectAt(content.manifest, 'spec')));
      report(work, [...path, ...first.field], {
        code: 'pool.unmet',
        severity: 'warning',
        message: `No worker pool has what this requires, ${inWords(lacking)}: ${near}. Its runs cannot begin.`,
        help: didYouMean(first.value, offered) ?? 'Declare a WorkerPool that has it, share one, or require less.',
      });
    }
  }
}

const workKinds: readonly Kind[] = ['Task', 'TaskSchedule', 'TaskWebhook'];

interface Want {
  /** Below `requires`. */
  readonly field: Path;
  readonly value: string;
  readonly words: string;
  /** The values of it that a pool has, by the pool's `spec`. */
  readonly offers: (spec: JsonObject) => readonly string[];
}

function requiredBy({ identity, content }: Sound): { readonly path: Path; readonly requires: JsonObject } {
  const spec = objectAt(content.manifest, 'spec');
  if (identity.kind === 'Task') return { path: ['spec', 'requires'], requires: objectAt(spec, 'requires') };
  return { path: ['spec', 'task', 'requires'], requires: objectAt(objectAt(spec, 'task'), 'requires') };
}

/** Every single thing that is asked for; `gpu: false` asks for nothing. */
function wantsOf(requires: JsonObject): readonly Want[] {
  const labels = Object.entries(objectAt(requires, 'labels'));
  const wants: readonly Asked[] = [
    { field: ['region'], value: requires['region'], words: 'the region', offers: has(({ region }) => [region]) },
    {
      field: ['gpu'],
      value: requires['gpu'] === true ? 'true' : undefined,
      words: 'gpu =',
      offers: has(({ gpu }) => [gpu === true ? 'true' : 'false']),
    },
    { field: ['model'], value: requires['model'], words: 'the model', offers: has((own) => listAt(own, 'models')) },
    ...labels.map(([label, value]) => ({
      field: ['labels', label],
      value,
      words: `the label ${shownText(label)} =`,
      offers: has((own) => [objectAt(own, 'labels')[label]]),
    })),
    ...listAt(requires, 'isolation').map((value, index) => ({
      field: ['isolation', index],
      value,
      words: 'the tier',
      offers: (spec: JsonObject) => texts(listAt(spec, 'isolation')),
    })),
  ];
  return wants.flatMap(({ value, words, ...want }) =>
    typeof value === 'string' ? [{ ...want, value, words: `${words} \`${shownText(value)}\`` }] : [],
  );
}

interface Asked extends Omit<Want, 'value'> {
  /** Anything but a text asks for nothing, or is a mistake that was reported. */
  readonly value: Json | undefined;
}

/** What the pool's `requires` has. */
function has(of: (own: JsonObject) => readonly (Json | undefined)[]): Want['offers'] {
  return (spec) => texts(of(objectAt(spec, 'requires')));
}

function texts(values: readonly (Json | undefined)[]): readonly string[] {
  return values.filter((value) => typeof value === 'string');
}

/** Whether a pool may be declared in what could not be read, or is wrong by itself: then nothing is known to lack. */
function isUnknown({ lost, known, byKind }: Targets): boolean {
  if (lost.length > 0) return true;
  const sound = new Set<unknown>(byKind.get('WorkerPool'));
  return [...known.values()].some((manifest) => manifest.identity?.kind === 'WorkerPool' && !sound.has(manifest));
}

/** Its own namespace's, those that are shared with it, and the pool of whoever asks for nothing. */
function mayUse(work: Sound, pool: Sound, { reaching }: Targets): boolean {
  const { namespace, name } = pool.identity;
  if (namespace === work.identity.namespace || (namespace === 'default' && name === 'default')) return true;
  return isSharedWith(work.identity.namespace, pool.content.manifest, reaching(namespace));
}

function nearestOf(
  pools: readonly Sound[],
  wants: readonly Want[],
): { readonly address: string; readonly lacks: readonly Want[] } | undefined {
  let nearest: { readonly address: string; readonly lacks: readonly Want[] } | undefined;
  for (const { address = '', content } of pools) {
    const spec = objectAt(content.manifest, 'spec');
    const lacks = wants.filter(({ value, offers }) => !offers(spec).includes(value));
    if (lacks.length < (nearest?.lacks.length ?? Number.POSITIVE_INFINITY)) nearest = { address, lacks };
  }
  return nearest;
}

function inWords(wants: readonly Want[]): string {
  return new Intl.ListFormat('en').format(wants.map(({ words }) => words));
}
