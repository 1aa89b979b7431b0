import { createHmac, randomUUID } from 'node:crypto';
import { request as send } from 'node:http';

export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly action: string | undefined;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The answers of the receiver, one a try; 0 where it could not be reached. */
  readonly answers: number[];
}

/** Sends what happened to where it is wanted, as unreliably as a test asks. */
export class Webhooks {
  secret = 'it is a secret between the two of us';
  /** Every delivery there was, lost ones too. */
  readonly deliveries: Delivery[] = [];
  /** Called with each payload before it is sent. */
  check: (event: string, payload: Readonly<Record<string, unknown>>) => void = () => undefined;
  readonly #installationId: number;
  readonly #pending = new Set<Promise<void>>();
  #url: string | undefined;
  #held: Delivery[] | undefined;
  #losing: ((delivery: Delivery) => boolean) | undefined;
  #copies = 1;

  constructor(installationId: number) {
    this.#installationId = installationId;
  }

  /** From now on everything is delivered there; undefined: nowhere. */
  to(url: string | undefined, secret = this.secret): void {
    this.#url = url;
    this.secret = secret;
  }

  emit(event: string, payload: Readonly<Record<string, unknown>>): Delivery {
    const whole = { ...payload, installation: { id: this.#installationId, node_id: 'MDIz' } };
    this.check(event, whole);
    const action = typeof payload['action'] === 'string' ? payload['action'] : undefined;
    // What is sent is what was true when it happened.
    const delivery = { id: randomUUID(), event, action, payload: structuredClone(whole), answers: [] };
    this.deliveries.push(delivery);
    if (this.#held !== undefined) this.#held.push(delivery);
    else this.#start(delivery);
    return delivery;
  }

  /** Those that match, all by default, never arrive; `false` ends it. */
  lose(which: ((delivery: Delivery) => boolean) | boolean = true): void {
    this.#losing = which === true ? () => true : which === false ? undefined : which;
  }

  /** Each delivery from now on arrives so often. */
  duplicate(copies: number): void {
    this.#copies = copies;
  }

  /** Keeps what happens back, until `deliver`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Delivers what was held back, in the order that `order` makes of it, and waits for the answers. */
  async deliver(order: (held: Delivery[]) => readonly Delivery[] = (held) => held): Promise<void> {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const delivery of order(held)) {
      this.#start(delivery);
      await this.settled();
    }
  }

  /** Sends an old delivery again, with its old id, as the button on GitHub's page does. */
  async redeliver(id: string): Promise<number> {
    const delivery = this.deliveries.find((candidate) => candidate.id === id);
    if (delivery === undefined) throw new Error(`there was no delivery ${id}`);
    return this.#send(delivery);
  }

  /** Waits until everything that was sent is answered. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  async close(): Promise<void> {
    this.#url = undefined;
    await this.settled();
  }

  #start(delivery: Delivery): void {
    if (this.#url === undefined || this.#losing?.(delivery) === true) return;
    for (let copy = 0; copy < this.#copies; copy += 1) {
      const sending: Promise<void> = this.#send(delivery).then(() => void this.#pending.delete(sending));
      this.#pending.add(sending);
    }
  }

  async #send(delivery: Delivery): Promise<number> {
    if (this.#url === undefined) return 0;
    const body = JSON.stringify(delivery.payload);
    const status = await post(this.#url, body, {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/044aadd',
      'x-github-event': delivery.event,
      'x-github-delivery': delivery.id,
      'x-github-hook-id': '1',
      'x-github-hook-installation-target-type': 'integration',
      'x-hub-signature-256': `sha256=${createHmac('sha256', this.secret).update(body).digest('hex')}`,
    });
    delivery.answers.push(status);
    return status;
  }
}

/** 0 where nobody answers within ten seconds, as GitHub waits. */
async function post(url: string, body: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    const sent = send(url, { method: 'POST', timeout: 40_000, headers }, (response) => {
      response.resume().once('close', () => resolve(response.statusCode ?? 0));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(0));
    sent.end(body);
  });
}
