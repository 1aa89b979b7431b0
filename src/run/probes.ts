import { isPawlError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Bundle, BundleModel } from '../manifest/bundle.ts';
import { modelHalt } from '../policy/model-halt.ts';
import type { Database } from '../store/database-port.ts';
import { readHaltsOf } from '../store/halt-state.ts';
import { type Finding, type ProbeTurn, readCurrentBundles, recordProbes, takeProbeTurn } from '../store/probe.ts';
import type { SecretSource } from '../tools/secret-reading.ts';
import { bundleSecrets, type Secrets } from '../tools/secrets.ts';
import { probeOneServer, type ServerProbe } from './server-probe.ts';

/** Asks whether a model's endpoint answers and has the model; wired by the app, as nothing here reaches the world. */
export type ModelProbe = (
  model: BundleModel,
  options: { readonly secrets: Secrets; readonly signal: AbortSignal; readonly deadlineMs: number },
) => Promise<readonly Omit<Finding, 'name'>[]>;

export interface ProberOptions {
  readonly database: Database;
  readonly secrets: SecretSource;
  readonly probeModel: ModelProbe;
  readonly probeServer: ServerProbe;
  /** Who looks, for the record. */
  readonly worker: string;
  readonly log: Pick<Log, 'warn'>;
  /** In [0, 1): when the next look comes is left to chance by a fifth. */
  readonly random?: () => number;
}

const everyMs = 300_000;
/** Less often: a look starts a process, or begins a session. What changes in between is seen by calls themselves. */
const serverEveryMs = 900_000;
const deadlineMs = 5_000;
/** All looks of one turn; what is left then is unknown. */
const turnMs = 60_000;
const leaseMs = 2 * turnMs;
const togetherMax = 4;
const subjectsMax = 500;
/** Of one tick; what is due beyond it is for the next one, or for another worker. */
const turnsMax = 40;

/**
 * Looks at what runs will need outside: endpoints, their models, secrets, and the tools of MCP servers. One worker at a
 * time looks at an environment, or at a server of it, every few minutes, and leaves rows; nothing is asked of a model, no
 * tool is called, and no value is kept. What nobody may call because of a halt is not asked either.
 */
export class Prober {
  readonly #options: ProberOptions;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Takes the turns that are due, a few at once; gives what was looked at: `prod`, `prod/support/tickets`. */
  async tick(signal: AbortSignal = new AbortController().signal): Promise<readonly string[]> {
    const looked: string[] = [];
    let left = turnsMax;
    const lane = async (): Promise<void> => {
      while (left > 0 && !signal.aborted) {
        left -= 1;
        const turn = await this.#turn(signal);
        if (turn === undefined) return;
        looked.push(turn.server === '' ? turn.environment : `${turn.environment}/${turn.server}`);
      }
    };
    await Promise.all(Array.from({ length: togetherMax }, lane));
    return looked;
  }

  /** Undefined: none is due, or it was given up in the middle: the lease runs out and somebody else looks. */
  async #turn(signal: AbortSignal): Promise<ProbeTurn | undefined> {
    const { database, worker, random = Math.random } = this.#options;
    const turn = await takeProbeTurn(database.db, { worker, leaseMs });
    if (turn === undefined) return undefined;
    const findings = await this.#foundOrUnknown(turn, signal);
    if (findings === undefined || signal.aborted) return undefined;
    const ownEveryMs = turn.server === '' ? everyMs : serverEveryMs;
    const nextInMs = Math.round(ownEveryMs * (0.9 + 0.2 * random()));
    await recordProbes(database.db, { ...turn, worker }, { findings, nextInMs });
    return turn;
  }

  /** One subject that cannot be looked at hides no other: it is unknown. Undefined: all of an environment's are. */
  async #foundOrUnknown(turn: ProbeTurn, signal: AbortSignal): Promise<readonly Finding[] | undefined> {
    try {
      return await this.#found(turn, signal);
    } catch (error) {
      this.#options.log.warn({ err: error, ...turn }, 'a look at what is outside failed');
      if (turn.server === '') return undefined;
      return [{ subject: 'server', name: turn.server, state: 'unknown', reason: 'internal.unexpected', detail: '' }];
    }
  }

  async #found(turn: ProbeTurn, signal: AbortSignal): Promise<readonly Finding[]> {
    if (turn.server !== '') return await probeOneServer(this.#options, turn, signal);
    const { environment } = turn;
    return await this.#look(environment, await readCurrentBundles(this.#options.database.db, environment), signal);
  }

  async #look(environment: string, bundles: readonly Bundle[], signal: AbortSignal): Promise<readonly Finding[]> {
    const secrets: Record<string, Bundle['secrets'][string]> = {};
    for (const bundle of bundles) Object.assign(secrets, bundle.secrets);
    const known = bundleSecrets(secrets, this.#options.secrets, environment);
    await known.load();
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(turnMs)]);
    const models = this.#modelLooks({ environment, bundles, secrets: known, signal: bounded });
    const looks = [...secretLooks(secrets, known), ...models].slice(0, subjectsMax);
    const findings: Finding[] = [];
    for (let at = 0; at < looks.length && !bounded.aborted; at += togetherMax) {
      const some = await Promise.all(looks.slice(at, at + togetherMax).map((look) => look()));
      findings.push(...some.flat());
    }
    return findings.map((finding) => ({ ...finding, detail: known.scrubText(finding.detail) }));
  }

  #modelLooks({ environment, bundles, secrets, signal }: ModelLooks): readonly Look[] {
    const { database, probeModel } = this.#options;
    const models = new Map(bundles.flatMap((bundle) => Object.entries(bundle.models)));
    return [...models].map(([name, model]) => async () => {
      // Read before each: a switch that is thrown while others are looked at holds for those that are left.
      const halted = modelHalt(name, bundles, await readHaltsOf(database, environment));
      if (halted !== undefined)
        return [{ subject: 'endpoint', name, state: 'unknown', reason: 'halted', detail: halted }];
      const found = await probeModel(model, { secrets, signal, deadlineMs });
      return found.map((finding) => ({ ...finding, name }));
    });
  }
}

interface ModelLooks {
  readonly environment: string;
  readonly bundles: readonly Bundle[];
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
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
