import type { Address } from '../manifest/resource.ts';
import type { CompiledSystem } from './compile.ts';
import type { Estate } from './estate.ts';
import { reaching } from './rule-index.ts';

/** Of canonical text of bundles: two thousand systems of three agents. What they hold beside it is as much again. */
const bytesMaxDefault = 16 * 1024 * 1024;
/** Forms of one system: what is live, what some pull requests would make of it, what it was before. */
const formsMax = 4;

interface Form {
  readonly compiled: CompiledSystem;
  /** Undefined: it is what its system is now, and nobody needs to find it. */
  inputs: Inputs | undefined;
}

/** What a form was compiled of, by digest, in the order of what it used. */
interface Inputs {
  readonly digests: readonly (string | undefined)[];
  /** The rules of all resources there were; where they are the same still, none is new. */
  readonly rules: WeakRef<Estate['policies']>;
}

/**
 * Systems as they were compiled of late. A revert brings back resources that bundles were made of before, and a bundle
 * follows from them alone: what was made of the same inputs is the same bytes, and is found here. Losing any of it costs
 * time only.
 */
export class CompiledMemory {
  readonly #bytesMax: number;
  /** By address; the one that was used last comes last. Forms of a system: what was used last first. */
  readonly #systems = new Map<Address, Form[]>();
  #bytes = 0;

  constructor(bytesMax = bytesMaxDefault) {
    this.#bytesMax = bytesMax;
  }

  /** Remembers what a system is from now on. */
  keep(system: Address, compiled: CompiledSystem): void {
    const forms = this.#used(system);
    forms.unshift({ compiled, inputs: undefined });
    this.#bytes += compiled.bytes;
    if (forms.length > formsMax) this.#drop(system, forms);
    for (const [oldest, others] of this.#systems) {
      while (this.#bytes > this.#bytesMax && others.length > 0) this.#drop(oldest, others);
      if (this.#bytes <= this.#bytesMax) break;
    }
  }

  /** Takes down what a form was compiled of, by the last resources that it holds for: others take its place. */
  seal(system: Address, used: CompiledSystem['used'], estate: Estate): void {
    const form = this.#systems.get(system)?.find(({ compiled }) => compiled.used === used);
    if (form === undefined) return;
    const digests = Array.from(used, (address) => estate.resources.get(address)?.digest);
    form.inputs = { digests, rules: new WeakRef(estate.policies) };
  }

  /** What was compiled of the very same inputs; undefined: nothing that is still known. */
  find(system: Address, estate: Estate): CompiledSystem | undefined {
    const forms = this.#systems.get(system);
    const form = forms?.find((one) => isOf(one, estate));
    if (forms === undefined || form === undefined) return undefined;
    forms.splice(forms.indexOf(form), 1);
    this.#used(system).unshift(form);
    return form.compiled;
  }

  #used(system: Address): Form[] {
    const forms = this.#systems.get(system) ?? [];
    this.#systems.delete(system);
    this.#systems.set(system, forms);
    return forms;
  }

  #drop(system: Address, forms: Form[]): void {
    this.#bytes -= forms.pop()?.compiled.bytes ?? 0;
    if (forms.length === 0) this.#systems.delete(system);
  }
}

/** Whether compiling it again would be shown the same: what it used is as it was, and no other rule reaches its callers. */
function isOf({ compiled: { used, subjects, compiled }, inputs }: Form, estate: Estate): boolean {
  if (inputs === undefined) return false;
  let at = 0;
  for (const address of used) if (estate.resources.get(address)?.digest !== inputs.digests[at++]) return false;
  if (inputs.rules.deref() === estate.policies) return true;
  return subjects.every((subject) => {
    const tools = Object.keys(compiled.authority.subjects[subject.address]?.tools ?? {});
    const permissions = tools.flatMap((tool) => estate.permissions.get(tool) ?? []);
    const rules = [reaching(estate.policies, subject), ...permissions.map((rule) => reaching(rule, subject))];
    return rules.flat().every(({ address }) => used.has(address));
  });
}
