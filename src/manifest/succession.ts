/** What a map was made of, and the only keys at which the two may differ. */
interface Origin {
  readonly before: WeakRef<object>;
  readonly keys: Iterable<string>;
}

const origins = new WeakMap<object, Origin>();

type Keyed = ReadonlyMap<string, unknown>;

/** Notes that a map is another one but for some keys, so that whoever compares them need not go through both. */
export function noteOrigin<Made extends Keyed>(made: Made, before: Keyed, keys: Iterable<string>): Made {
  origins.set(made, { before: new WeakRef(before), keys });
  return made;
}

/** A commit taken back, an apply, or both: what is more steps apart is compared as a whole. */
const stepsMax = 4;

/** The only keys at which two maps may differ, whichever was made of the other; undefined: that is not known. */
export function keysBetween(one: Keyed, other: Keyed): ReadonlySet<string> | undefined {
  return one === other ? new Set() : (keysSince(one, other) ?? keysSince(other, one));
}

function keysSince(earlier: Keyed, later: Keyed): ReadonlySet<string> | undefined {
  const keys = new Set<string>();
  let at: object | undefined = later;
  for (let step = 0; step < stepsMax && at !== undefined; step += 1) {
    const origin = origins.get(at);
    if (origin === undefined) return undefined;
    for (const key of origin.keys) keys.add(key);
    at = origin.before.deref();
    if (at === earlier) return keys;
  }
  return undefined;
}
