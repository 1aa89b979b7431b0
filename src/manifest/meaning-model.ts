import type { JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { below, type Check, checkMoney, contradiction, refuseFields, type Report } from './meaning-report.ts';

/** What is wrong with a ModelEndpoint beyond its shape. */
export const checkModelEndpoint: Check = (spec, report) => {
  for (const field of ['inputPerMTok', 'outputPerMTok', 'cachedInputPerMTok'])
    checkMoney(objectAt(spec, 'pricing')[field], ['pricing', field], report);
  const { provider } = spec;
  if (typeof provider !== 'string' || !providers.includes(provider)) return;
  if (provider === 'scripted')
    return refuseFields(spec, { fields: networkFields, what: 'a scripted endpoint' }, report);
  refuseFields(spec, { fields: ['scriptFile'], what: 'an endpoint that is not scripted' }, report);
  for (const [field, users] of Object.entries(ofProviders)) {
    if (!users.includes(provider)) refuseFields(spec, { fields: [field], what: `a ${provider} endpoint` }, report);
  }
  if (spec['gatewayRef'] !== undefined)
    refuseFields(spec, { fields: ['baseUrl', 'allowPrivate'], what: 'an endpoint behind a gateway' }, report);
  checkEffort(provider, objectAt(spec, 'parameters'), below(report, ['parameters']));
  checkHeaders(objectAt(spec, 'headers'), below(report, ['headers']));
  if (provider === 'google' && spec['region'] !== undefined && spec['project'] === undefined)
    report(
      ['region'],
      contradiction('A region is Vertex AI’s, which needs the `project` too.', 'Add `project`, or remove `region`.'),
    );
  if (provider === 'bedrock') checkBedrock(objectAt(spec, 'parameters'), below(report, ['parameters']));
  if (provider === 'anthropic') checkAnthropic(objectAt(spec, 'parameters'), below(report, ['parameters']));
};

const providers = ['openai', 'anthropic', 'azureOpenai', 'google', 'bedrock', 'ollama', 'openaiCompatible', 'scripted'];

/** What an endpoint that answers from a script may not have: it is read from the repository, and nothing is connected to. */
export const networkFields: readonly string[] = [
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

/** What each provider has no word for; the model itself may take fewer still, and says so. */
const noEffort: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['minimal'],
  bedrock: ['none', 'minimal'],
  ollama: ['minimal'],
};

function checkEffort(provider: string, { reasoningEffort: effort }: JsonObject, report: Report): void {
  if (typeof effort !== 'string' || noEffort[provider]?.includes(effort) !== true) return;
  const message = `A model of ${provider} cannot be told to think with the effort \`${effort}\`.`;
  report(['reasoningEffort'], contradiction(message, 'Choose another effort, or remove it.'));
}

/** Headers that carry a key: a value in Git would be a secret in Git. */
export const keyHeaders: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
];

/** Headers that sign or frame the message: pawl writes them itself. */
export const messageHeaders: readonly string[] = [
  'x-amz-security-token',
  'x-amz-date',
  'host',
  'content-type',
  'content-length',
  'transfer-encoding',
  'connection',
  'accept-encoding',
];

const ownHeaders = [...keyHeaders, ...messageHeaders];

function checkHeaders(headers: JsonObject, report: Report): void {
  for (const name of Object.keys(headers)) {
    if (!ownHeaders.includes(name.toLowerCase())) continue;
    const message = `The header \`${name}\` is pawl’s own.`;
    report([name], contradiction(message, 'Remove it; credentials go into `auth`.'));
  }
}

function checkBedrock(parameters: JsonObject, report: Report): void {
  refuseFields(parameters, { fields: ['seed'], what: 'a bedrock endpoint' }, report);
  checkTemperature(parameters, 'a bedrock', report);
}

/** Its API refuses both: https://docs.anthropic.com/en/api/messages */
function checkAnthropic(parameters: JsonObject, report: Report): void {
  refuseFields(parameters, { fields: ['seed'], what: 'an anthropic endpoint' }, report);
  checkTemperature(parameters, 'an anthropic', report);
}

function checkTemperature({ temperature }: JsonObject, whose: string, report: Report): void {
  if (typeof temperature !== 'number' || temperature <= 1) return;
  const message = `\`temperature\` must be at most 1 for ${whose} endpoint.`;
  report(['temperature'], { code: 'manifest.limit', message });
}
