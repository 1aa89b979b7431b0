import type { Json, JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { mapped, refused } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { foreignKey } from '../foreign-estate.ts';
import { given } from '../given.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';
import { orlojName } from './orloj-name.ts';
import { startedTask, startedTaskRules } from './started-task.ts';
import { taskFields } from './task-fields.ts';
import { profileOf, webhookAuth } from './webhook-auth.ts';

const auth = '`TaskWebhook.spec.auth`';

/** Starts a task for each signed request. */
export const taskWebhook: ForeignKind = {
  kind: 'TaskWebhook',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.task_ref': mapped('string', '`TaskWebhook.spec.taskRef`'),
    ...taskFields('spec.task_template', 'TaskWebhook.spec.task'),
    'spec.suspend': mapped('boolean', '`TaskWebhook.spec.suspend`'),
    'spec.auth.profile': mapped(
      { type: 'string', enum: ['generic', 'github', 'hmac', 'shared_token'] },
      '`TaskWebhook.spec.auth.profile`',
    ),
    'spec.auth.secret_ref': mapped({ type: 'string', required: true, minLength: 1 }, `${auth}, with the key \`value\``),
    'spec.auth.signature_header': mapped('string', '`signatureHeader` or `tokenHeader` of `TaskWebhook.spec.auth`'),
    'spec.auth.signature_prefix': mapped('string', '`TaskWebhook.spec.auth.signaturePrefix`'),
    'spec.auth.timestamp_header': mapped('string', '`TaskWebhook.spec.auth.timestampHeader`'),
    'spec.auth.max_skew_seconds': mapped({ type: 'integer', min: 0 }, '`TaskWebhook.spec.auth.tolerance`'),
    'spec.auth.algorithm': mapped(
      { type: 'string', enum: ['sha256', 'sha1', 'sha512'] },
      '`TaskWebhook.spec.auth.algorithm`; `sha1` is refused',
    ),
    'spec.auth.payload_format': mapped(
      { type: 'string', enum: ['body', 'timestamp_dot_body', 'prefix_timestamp_body'] },
      'whether `timestampHeader` is written; a prefix is refused',
    ),
    'spec.auth.payload_prefix': mapped('string', 'refused with its `payload_format`'),
    'spec.auth.payload_separator': mapped('string', 'refused with its `payload_format`'),
    'spec.auth.signature_encoding': mapped(
      { type: 'string', enum: ['hex', 'base64'] },
      '`TaskWebhook.spec.auth.encoding`',
    ),
    'spec.auth.header_format': mapped({ type: 'string', enum: ['plain', 'kv_pairs'] }, '`kv_pairs` is refused'),
    'spec.auth.signature_key': mapped('string', 'refused with `kv_pairs`'),
    'spec.auth.timestamp_key': mapped('string', 'refused with `kv_pairs`'),
    'spec.idempotency.event_id_header': mapped('string', '`TaskWebhook.spec.dedupe.header`'),
    'spec.idempotency.event_id_from_body': refused(
      'any',
      'pawl tells deliveries by a header, or by the digest of the body.',
      'Name the header that the sender writes, or leave it out: the same body is then the same delivery.',
    ),
    'spec.idempotency.dedupe_window_seconds': mapped({ type: 'integer', min: 0 }, '`TaskWebhook.spec.dedupe.window`'),
    'spec.payload.mode': mapped({ type: 'string', enum: ['raw'] }, '`TaskWebhook.spec.input`'),
    'spec.payload.input_key': mapped('string', 'the field of `TaskWebhook.spec.input` that holds the payload'),
  },
  rules,
  fate: { fate: 'mapped', becomes: 'TaskWebhook', convert },
};

function rules(document: ForeignDocument): void {
  startedTaskRules(document);
  const { spec } = document;
  const demand = (field: string, why: string): void => {
    const node = spec.at('auth', field);
    if (typeof node.value === 'string' && node.value.trim() !== '') return;
    spec.get('auth').refuse({ code: 'import.schema', message: `\`${field}\` is needed ${why}.` });
  };
  if (!spec.at('auth', 'secret_ref').exists)
    return spec.refuse({ code: 'import.schema', message: '`auth.secret_ref` is needed.' });
  const profile = profileOf(spec.get('auth'));
  if (profile === 'shared_token' || profile === 'hmac') demand('signature_header', `with the profile \`${profile}\``);
  if (profile !== 'hmac') return;
  const isPlain = spec.at('auth', 'header_format').value !== 'kv_pairs';
  const format = spec.at('auth', 'payload_format').value;
  const isTimed = typeof format === 'string' && format.includes('timestamp');
  if (isPlain && isTimed) demand('timestamp_header', 'where the time is signed');
  if (!isPlain) demand('signature_key', 'with `kv_pairs`');
}

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const { task, ...started } = startedTask(document, conversion);
  const profile = profileOf(spec.get('auth'));
  spec.at('payload', 'mode').text();
  const isGithub = profile === 'github';
  const header = spec.at('idempotency', 'event_id_header').text()?.trim() ?? '';
  const message =
    'Orloj gives the body as one text; here it is the JSON of the body, and a body that is no JSON is refused.';
  const key = spec.at('payload', 'input_key');
  (spec.get('payload').exists ? spec.get('payload') : spec).flag('import.payload', message);
  conversion.become(
    document,
    given({
      ...started,
      task: task === undefined ? undefined : withoutInput(task),
      suspend: spec.get('suspend').boolean(),
      auth: webhookAuth(spec.get('auth'), conversion),
      dedupe: {
        header: header === '' ? (isGithub ? 'X-GitHub-Delivery' : 'X-Event-Id') : header,
        window: windowOf(spec.at('idempotency', 'dedupe_window_seconds'), isGithub ? 259_200 : 86_400),
      },
      input: {
        ...ownInput(document, conversion),
        // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of pawl
        [key.text()?.trim() || 'webhook_payload']: '${ payload }',
      },
    }),
    ['Requests come to `POST /hooks/<environment>/<namespace>/<name>` of pawl: tell whoever sends them.'],
  );
}

/** The input of a webhook stands in place of the task's own, which is therefore written into it. */
function ownInput(webhook: ForeignDocument, { estate }: Conversion): JsonObject {
  const { spec, namespace: home } = webhook;
  const written = spec.get('task_ref').text()?.trim() ?? '';
  const { namespace = home, name } = orlojName(written);
  const task =
    written === '' ? spec.get('task_template') : estate.find(foreignKey('Task', namespace, name), webhook)?.spec;
  const texts = task?.get('input').textMap() ?? {};
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, text.replaceAll('${', '$${')]));
}

function withoutInput(task: Json): Json {
  if (typeof task !== 'object' || task === null || Array.isArray(task)) return task;
  const { input, ...others } = task as JsonObject;
  return input === undefined ? task : others;
}

const secondsMax = 30 * 86_400;

function windowOf(node: ForeignNode, absent: number): string {
  const seconds = node.number() ?? 0;
  if (seconds > secondsMax) node.flag('import.stricter', 'pawl remembers deliveries for 30 days at most.');
  const window = Math.min(seconds === 0 ? absent : seconds, secondsMax);
  if (window % 86_400 === 0) return `${window / 86_400}d`;
  return window % 3_600 === 0 ? `${window / 3_600}h` : `${window}s`;
}
