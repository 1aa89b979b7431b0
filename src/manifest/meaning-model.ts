import type { JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { below, type Check, checkMoney, refuseFields, type Report } from './meaning-report.ts';

/** What is wrong with a ModelEndpoint beyond its shape. */
export const checkModelEndpoint: Check = (spec, report) => {
  for (const field of ['inputPerMTok', 'outputPerMTok', 'cachedInputPerMTok'])
    checkMoney(objectAt(spec, 'pricing')[field], ['pricing', field], report);
  const { provider } = spec;
  if (typeof provider !== 'string' || !providers.includes(provider)) return;
  if (provider === 'scripted') return refuseFields(spec, { fields: network, what: 'a scripted endpoint' }, report);
  refuseFields(spec, { fields: ['scriptFile'], what: 'an endpoint that is not scripted' }, report);
  for (const [field, users] of Object.entries(ofProviders)) {
    if (!users.includes(provider)) refuseFields(spec, { fields: [field], what: `a ${provider} endpoint` }, report);
  }
  if (provider === 'anthropic') checkAnthropic(objectAt(spec, 'parameters'), below(report, ['parameters']));
};

const providers = ['openai', 'anthropic', 'azureOpenai', 'google', 'bedrock', 'ollama', 'openaiCompatible', 'scripted'];

/** A script is read from the repository: nothing is connected to. */
const network = [
  'baseUrl',
  'auth',
  'allowPrivate',
  'headers',
  'tls',
  'rateLimit',
  'gatewayRef',
  'region',
  'project',
  'apiVersion',
];

const ofProviders: Readonly<Record<string, readonly string[]>> = {
  region: ['bedrock', 'google'],
  project: ['google'],
  apiVersion: ['azureOpenai'],
};

/** Its API refuses both: https://docs.anthropic.com/en/api/messages */
function checkAnthropic(parameters: JsonObject, report: Report): void {
  refuseFields(parameters, { fields: ['seed'], what: 'an anthropic endpoint' }, report);
  const { temperature } = parameters;
  if (typeof temperature !== 'number' || temperature <= 1) return;
  const message = '`temperature` must be at most 1 for an anthropic endpoint.';
  report(['temperature'], { code: 'manifest.limit', message });
}
