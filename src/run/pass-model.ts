import { isPawlError, RetryableError } from '../errors.ts';
import type { Json } from '../manifest/json.ts';
import type { BundleModel } from '../manifest/bundle.ts';
import type { ModelRequest, ModelResponse, Thought } from '../models/model.ts';
import type { ModelCallOptions } from '../models/options.ts';
import type { GatewayRule } from '../policy/authority.ts';
import { settleModelCall } from '../policy/cost.ts';
import { messagesDigest, modelOf, type ModelStepCall } from './ask.ts';
import { type Attempt, noCharge, settle, type Settlement, settleNotMade } from './attempt.ts';
import type { CallError } from './journal-entry.ts';
import { vectorsAsJson } from './embedding.ts';
import { beginFlight } from './flights.ts';
import { Halted, haltReasonOf } from './halt.ts';
import { settleGivenUp } from './halting.ts';
import type { Outside, Played } from './outside.ts';
import type { Pass } from './passing.ts';
import type { Again, CallResult } from './replay.ts';
import { revisionsFor } from './scope.ts';
import { screenAnswer } from './screening-result.ts';
import { Sending } from './sending.ts';

/** Asks the model, and writes down what it answered, as its guards leave it. */
export async function passModel(
  attempt: Attempt<ModelStepCall>,
  { decision, request, rates, ...asked }: Pass,
  world: Outside,
): Promise<CallResult | Again> {
  const { call, scope } = attempt;
  const model = modelOf(attempt, scope);
  const { maxOutputTokens, reserve } = decision;
  if (request === undefined || maxOutputTokens === undefined) throw new TypeError('a call without a request');
  const charge = { reserve, maxOutputTokens, pricing: model.pricing };
  const flight = beginFlight(scope.flights, { ...asked, environment: scope.run.environment, signal: call.signal });
  const sending = new Sending(scope);
  try {
    const { path } = call;
    const digest = messagesDigest(call.messages);
    const gateways = gatewaysFor(attempt);
    const { mayStart } = sending;
    const within = call.deadlineMs === undefined ? {} : { deadlineMs: call.deadlineMs };
    const options = {
      signal: flight.signal,
      secrets: scope.secrets,
      mayStart,
      path,
      digest,
      world,
      gateways,
      ...within,
    };
    const { output, usage } =
      call.purpose === 'embedding'
        ? await embedded(attempt, { model, request, options })
        : await answered(attempt, { model, request: { ...request, maxOutputTokens }, options });
    if (haltReasonOf(scope.signal) === 'lost') throw new Halted('lost');
    const took = settleModelCall({ ...charge, usage });
    rates?.correct(took.tokensIn + took.tokensOut);
    return await settleAnswer(attempt, { output, took }, world);
  } catch (cause) {
    const halt = haltReasonOf(scope.signal);
    if (sending.isUnsent) {
      rates?.giveBack();
      if (halt !== 'lost') settleNotMade(attempt, 'stopped');
    }
    // A model call has no effect but its cost: who takes the run over asks again.
    if (halt === 'lost') throw new Halted(halt);
    if (halt === 'stopped' || sending.isLate) throw new Halted('stopped');
    const given = flight.halt;
    if (given !== undefined && !call.signal.aborted)
      return settleGivenUp(attempt, given, settleModelCall({ ...charge, usage: undefined }));
    if (!isPawlError(cause)) throw cause;
    const retryable = cause instanceof RetryableError && !call.signal.aborted;
    const error: CallError = { code: cause.code, message: cause.message, retryable };
    const took = neverAnswered.has(cause.code) ? noCharge : settleModelCall({ ...charge, usage: undefined });
    rates?.correct(took.tokensIn + took.tokensOut);
    settle(attempt, { outcome: 'failed', error, ...took });
    if (!retryable) return { kind: 'failed', error };
    return { kind: 'again', when: 'later', error, retryAfterMs: cause.retryAfterMs };
  } finally {
    flight.end();
  }
}

interface Asked<Request> {
  readonly model: BundleModel;
  readonly request: Request;
  readonly options: ModelCallOptions & Played;
}

type Usage = Pick<ModelResponse, 'usage'>;

async function answered(
  { scope }: Attempt<ModelStepCall>,
  { model, request, options }: Asked<ModelRequest>,
): Promise<Usage & { readonly output: AnswerOutput }> {
  const answer = await (scope.outside ?? options.world).model(model, request, options);
  const { text, toolCalls, finish, usage, thoughts } = answer;
  const calls = toolCalls.map(({ id, name, arguments: raw }) => ({ id, name, arguments: raw }));
  const output = { text, toolCalls: calls, finish, ...(thoughts === undefined ? {} : { thoughts: [...thoughts] }) };
  return { output, usage };
}

/** What is sent is what guards left of the texts. */
async function embedded(
  { call, scope }: Attempt<ModelStepCall>,
  { model, request, options }: Asked<Pick<ModelRequest, 'messages'>>,
): Promise<Usage & { readonly output: Json }> {
  const world = scope.outside?.embed === undefined ? options.world : scope.outside;
  if (world.embed === undefined || call.embedding === undefined)
    throw new TypeError('a call for embeddings of no length');
  const texts = request.messages.flatMap((message) => (message.role === 'user' ? [message.text] : []));
  const { vectors, usage } = await world.embed(model, { texts, ...call.embedding }, options);
  return { output: vectorsAsJson(vectors), usage };
}

type AnswerOutput = Pick<ModelResponse, 'text' | 'toolCalls' | 'finish'> & { readonly thoughts?: readonly Thought[] };

interface Answered {
  /** Of embeddings JSON, which says nothing that a guard could read. */
  readonly output: AnswerOutput | Json;
  readonly took: Pick<Settlement, 'tokensIn' | 'tokensOut' | 'cost'>;
}

/** An answer costs what it costs, whether its guards let it pass or not. */
async function settleAnswer(
  attempt: Attempt<ModelStepCall>,
  { output, took }: Answered,
  world: Outside,
): Promise<CallResult> {
  const kept = isAnswer(output) ? await screenAnswer(attempt, output, world) : undefined;
  if (haltReasonOf(attempt.scope.signal) === 'lost') throw new Halted('lost');
  const decision = kept?.decision;
  if (kept?.kind === 'closed') {
    settle(attempt, { outcome: 'failed', error: kept.error, decision, ...took });
    return { kind: 'failed', error: kept.error };
  }
  const body = JSON.stringify(kept?.answer ?? output);
  settle(attempt, { outcome: 'done', body, decision, ...took });
  return { kind: 'done', output: JSON.parse(body) as Json };
}

function isAnswer(output: Answered['output']): output is AnswerOutput {
  return typeof output === 'object' && output !== null && 'toolCalls' in output;
}

/** The rules of both revisions about gateways: the door holds the address itself against them. */
function gatewaysFor({ scope, subject }: Attempt): readonly GatewayRule[] | undefined {
  const { pinned, live } = revisionsFor(scope, subject) ?? {};
  if (pinned?.gateways === undefined && live?.gateways === undefined) return undefined;
  return [...(pinned?.gateways ?? []), ...(live?.gateways ?? [])];
}

/** Failures after which a provider charges nothing; after any other, all that was reserved is charged. */
const neverAnswered: ReadonlySet<string> = new Set([
  'model.rate_limited',
  'model.unavailable',
  'model.unauthorised',
  'model.request_refused',
  'context.too_large',
  'model.script_invalid',
  'model.script_exhausted',
  'secret.unavailable',
  'egress.denied',
  'gateway.required',
  'gateway.not_allowed',
]);
