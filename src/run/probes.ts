import { isPawlError } from '../errors.ts';
import type { Bundle, BundleModel } from '../manifest/bundle.ts';
import type { Database } from '../store/database-port.ts';
import { type Finding, readCurrentBundles, recordProbes, takeProbeTurn } from '../store/probe.ts';
import type { SecretSource } from '../tools/secret-reading.ts';
import { bundleSecrets, type Secrets } from '../tools/secrets.ts';

/** Asks whether a model's endpoint answers and has the model; wired by the app, as nothing here reaches the world. */
export type ModelProbe = (
  model: BundleModel,
  options: { readonly secrets: Secrets; readonly signal: AbortSignal; readonly deadlineMs: number },
) => Promise<readonly Omit<Finding, 'name'>[]>;

export interface ProberOptions {
  readonly database: Database;
  readonly secrets: SecretSource;
  readonly probeModel: ModelProbe;
  /** Who looks, for the record. */
  readonly worker: string;
  /** In [0, 1): when the next look comes is left to chance by a fifth. */
  readonly random?: () => number;
}

const everyMs = 300_000;
const deadlineMs = 5_000;
/** All looks at one environment; what is left then is unknown. */
const turnMs = 60_000;
const leaseMs = 2 * turnMs;
const togetherMax = 4;
const subjectsMax = 500;
const environmentsMax = 20;

/**
 * Looks at what runs will need outside: endpoints, their models, secrets. One worker at a time looks at an environment,
 * every few minutes, and leaves rows; nothing is asked of a model, and no value is kept.
 */
export class Prober {
  readonly #options: ProberOptions;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Takes the turns that are due; gives the environments that were looked at. */
  async tick(signal: AbortSignal = new AbortController().signal): Promise<readonly string[]> {
    const { database, worker, random = Math.random } = this.#options;
    const looked: string[] = [];
    while (looked.length < environmentsMax && !signal.aborted) {
      const environment = await takeProbeTurn(database.db, { worker, leaseMs });
      if (environment === undefined) break;
      const bundles = await readCurrentBundles(database.db, environment);
      const findings = await this.#look(environment, bundles, signal);
      // Given up in the middle, nothing is known: the lease runs out and somebody else looks.
      if (signal.aborted) break;
      const nextInMs = Math.round(everyMs * (0.9 + 0.2 * random()));
      await recordProbes(database.db, { environment, worker }, { findings, nextInMs });
      looked.push(environment);
    }
    return looked;
  }

  async #look(environment: string, bundles: readonly Bundle[], signal: AbortSignal): Promise<readonly Finding[]> {
    const secrets: Record<string, Bundle['secrets'][string]> = {};
    const models = new Map<string, BundleModel>();
    for (const bundle of bundles) {
      Object.assign(secrets, bundle.secrets);
      for (const [name, model] of Object.entries(bundle.models)) models.set(name, model);
    }
    const known = bundleSecrets(secrets, this.#options.secrets, environment);
    await known.load();
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(turnMs)]);
    const looks = [...secretLooks(secrets, known), ...this.#modelLooks(models, known, bounded)].slice(0, subjectsMax);
    const findings: Finding[] = [];
    for (let at = 0; at < looks.length && !bounded.aborted; at += togetherMax) {
      const some = await Promise.all(looks.slice(at, at + togetherMax).map((look) => look()));
      findings.push(...some.flat());
    }
    return findings.map((finding) => ({ ...finding, detail: known.scrubText(finding.detail) }));
  }

  #modelLooks(models: ReadonlyMap<string, BundleModel>, secrets: Secrets, signal: AbortSignal): readonly Look[] {
    return [...models].map(([name, model]) => async () => {
      const found = await this.#options.probeModel(model, { secrets, signal, deadlineMs });
      return found.map((finding) => ({ ...finding, name }));
    });
  }
}

type Look = () => Promise<readonly Finding[]>;

function secretLooks(secrets: Bundle['secrets'], known: Secrets): readonly Look[] {
  return Object.entries(secrets).flatMap(([secret, { keys }]) =>
    Object.keys(keys).map((key) => async () => [await readable(known, secret, key)]),
  );
}

async function readable(known: Secrets, secret: string, key: string): Promise<Finding> {
  const finding = { subject: 'secret', name: `${secret}#${key}` } as const;
  try {
    await known.resolve({ secret, key });
    return { ...finding, state: 'ok', reason: 'readable', detail: '' };
  } catch (error) {
    if (!isPawlError(error)) throw error;
    // A certificate has line breaks, which no other value may have: it was read all the same.
    if (error.message.endsWith('(control_character).'))
      return { ...finding, state: 'ok', reason: 'readable', detail: '' };
    const reason = /\((\w+)\)\.$/.exec(error.message)?.[1] ?? 'unavailable';
    return { ...finding, state: 'failing', reason, detail: error.message };
  }
}
