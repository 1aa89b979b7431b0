import { digest } from '../manifest/digest.ts';
import { parseDuration } from '../manifest/duration.ts';
import { isJsonObject, type Json } from '../manifest/json.ts';
import { qualify } from '../manifest/reference.ts';
import type { AlertRule } from '../manifest/types.gen.ts';
import type { AlertFacts } from '../store/alert-facts.ts';
import type { Database } from '../store/database-port.ts';
import { readAlertRules } from '../store/metric.ts';
import type { Trouble } from './alert.ts';
import { content } from './alert-content.ts';
import { measure } from './metric.ts';

/** One AlertRule of a revision. */
interface Rule {
  /** `namespace/name`. */
  readonly name: string;
  readonly namespace: string;
  readonly spec: AlertRule['spec'];
}

interface Known {
  readonly revision: number;
  readonly rules: readonly Rule[];
}

/** Beside the rows: what the look has found already. */
export interface RuleLook {
  /** The namespace of each resource that has. */
  readonly drifted: readonly string[];
  readonly now: Date;
}

const windowMsDefault = 300_000;

/** Holds the AlertRules of environments against what is measured; the rules are read once a revision. */
export class RuleWatch {
  readonly #database: Database;
  readonly #known = new Map<string, Known>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Those whose line is crossed at this moment. `for` is waited for by whoever keeps the alert. */
  async look(facts: AlertFacts, look: RuleLook): Promise<readonly Trouble[]> {
    if (facts.revision === 0) return [];
    const crossed: Trouble[] = [];
    for (const rule of await this.#rulesOf(facts)) {
      if (rule.spec.suspend) continue;
      const value = await measure(this.#database, facts, { ...look, ...askedBy(rule) });
      if (value !== undefined && isCrossed(rule.spec, value)) crossed.push(troubleOf(facts.environment, rule, value));
    }
    return crossed;
  }

  async #rulesOf({ environment, revision }: AlertFacts): Promise<readonly Rule[]> {
    const known = this.#known.get(environment);
    if (known?.revision === revision) return known.rules;
    const rows = await readAlertRules(this.#database.db, environment);
    const rules = rows.flatMap(({ address, body }): readonly Rule[] => {
      const [, namespace = '', name = ''] = address.split('/');
      // What was applied was held against the schema that the type is generated from.
      const spec = isJsonObject(body as Json) ? (body as { readonly spec: AlertRule['spec'] }).spec : undefined;
      return spec === undefined ? [] : [{ name: `${namespace}/${name}`, namespace, spec }];
    });
    this.#known.set(environment, { revision, rules });
    return rules;
  }
}

function askedBy({ spec, namespace }: Rule) {
  const names = (references: readonly string[] | undefined) =>
    references?.map((reference) => qualify(reference, namespace));
  return {
    metric: spec.metric,
    windowMs: (spec.window === undefined ? undefined : parseDuration(spec.window)) ?? windowMsDefault,
    systems: names(spec.where?.systems),
    pools: names(spec.where?.pools),
    namespaces: spec.where?.namespaces,
  };
}

function isCrossed({ op, threshold }: AlertRule['spec'], value: number): boolean {
  switch (op) {
    case 'gt':
      return value > threshold;
    case 'gte':
      return value >= threshold;
    case 'lt':
      return value < threshold;
    case 'lte':
      return value <= threshold;
  }
}

const words = { gt: 'above', gte: 'at or above', lt: 'below', lte: 'at or below' } as const;

function troubleOf(environment: string, rule: Rule, value: number): Trouble {
  const { name, namespace, spec } = rule;
  const { metric, op, threshold, window, severity, receivers, description } = spec;
  const lasted = spec.for === undefined ? undefined : parseDuration(spec.for);
  const over = window === undefined ? '' : ` over ${window}`;
  return {
    key: `rule/${name}`,
    // The value moves all the time; what is wrong is that it is beyond the line.
    fingerprint: digest(['rule', name, metric, op, threshold]),
    severity,
    topic: 'state',
    holdMs: lasted ?? 0,
    ...(receivers === undefined ? {} : { receivers: receivers.map((one) => qualify(one, namespace)) }),
    content: content('rule', `${metric} of ${environment} is ${words[op]} ${threshold}`, {
      text: description ?? `AlertRule ${name} watches ${metric}${over}.`,
      reason: metric,
      found: [{ what: `AlertRule/${name}`, how: `${metric}${over} was ${rounded(value)} when this was sent` }],
      ways: [
        { text: 'See what runs and what waits', command: `pawl top --env ${environment}` },
        { text: 'Or change the rule in Git, in a pull request' },
      ],
      path: `/v1/environments/${environment}/top`,
    }),
  };
}

function rounded(value: number): string {
  return String(Math.round(value * 1_000) / 1_000);
}
