import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';
import { documents, localModel, orlojAgent, orlojHead } from './orloj-fixture.ts';

const team = documents(
  localModel,
  orlojAgent('a'),
  `${orlojHead('AgentSystem', 'team')}spec: { agents: [a] }\n`,
  `${orlojHead('Task', 'base')}spec: { mode: template, system: team, input: { topic: tides } }\n`,
);

const hook = (auth: string, more = '') =>
  importTexts({
    'team.yaml': team,
    'hook.yaml': `${orlojHead('TaskWebhook', 'hook')}spec:\n  task_ref: base\n  auth: { secret_ref: key, ${auth} }\n${more}`,
  });
const address = 'TaskWebhook/desk/hook';
const secretRef = { name: 'key', key: 'value' };
const saidOf = ({ said }: ReturnType<typeof importTexts>) => said.filter((one) => one.includes(' hook.yaml:'));

test('a generic webhook has the headers that Orloj assumes, and the payload beside the input of its task', () => {
  expect(hook('profile: generic').spec(address)).toEqual({
    taskRef: 'base',
    auth: {
      profile: 'generic',
      secretRef,
      signatureHeader: 'X-Signature',
      signaturePrefix: 'sha256=',
      algorithm: 'sha256',
      encoding: 'hex',
      timestampHeader: 'X-Timestamp',
      tolerance: '5m',
    },
    dedupe: { header: 'X-Event-Id', window: '1d' },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of pawl
    input: { topic: 'tides', webhook_payload: '${ payload }' },
  });
});

test('what a generic webhook is taken to sign is said, and where the files say it nothing is', () => {
  const assumed = (auth: string) => saidOf(hook(auth)).filter((one) => one.includes('import.assumed'));
  expect(assumed('profile: generic')).toEqual([expect.stringContaining('the time, a dot and the body')]);
  expect(assumed('signature_header: X-Sig')).toHaveLength(1);
  expect(assumed('profile: hmac, signature_header: X-Sig')).toEqual([]);
  expect(assumed('profile: github')).toEqual([]);
});

test('what GitHub signs is read as GitHub writes it', () => {
  const more = '  idempotency: { event_id_header: X-GitHub-Delivery }\n  payload: { mode: raw, input_key: body }\n';
  expect(hook('profile: github', more).spec(address)).toMatchObject({
    auth: { profile: 'github', secretRef },
    dedupe: { header: 'X-GitHub-Delivery', window: '3d' },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of pawl
    input: { topic: 'tides', body: '${ payload }' },
  });
  expect(saidOf(hook('profile: github, signature_header: X-Other')).at(-1)).toContain(
    'reads `X-Hub-Signature-256` alone',
  );
});

test('signatures of the body, with a time before it or without, and tokens are checked as there', () => {
  const signed = 'profile: hmac, signature_header: X-Sig, algorithm: sha512, signature_encoding: base64';
  expect(hook(signed).spec(address)).toMatchObject({
    auth: { profile: 'generic', secretRef, signatureHeader: 'X-Sig', algorithm: 'sha512', encoding: 'base64' },
  });
  const timed = 'profile: hmac, signature_header: X-Sig, payload_format: timestamp_dot_body, timestamp_header: X-Time';
  expect(hook(`${timed}, max_skew_seconds: 60`).spec(address)).toMatchObject({
    auth: { timestampHeader: 'X-Time', tolerance: '1m' },
  });
  expect(hook('profile: shared_token, signature_header: X-Token').spec(address)).toMatchObject({
    auth: { profile: 'sharedToken', secretRef, tokenHeader: 'X-Token' },
  });
});

test.each([
  ['profile: hmac, signature_header: S, algorithm: sha1', 'pawl takes no signature of SHA-1.'],
  [
    'profile: hmac, signature_header: S, header_format: kv_pairs, signature_key: v1',
    'a header that holds nothing else',
  ],
  [
    'profile: hmac, signature_header: S, payload_format: prefix_timestamp_body, timestamp_header: T',
    'pawl checks a signature of the body',
  ],
  ['profile: shared_token, signature_header: S, signature_prefix: "Bearer "', 'compares the whole header'],
  ['profile: hmac', '`signature_header` is needed with the profile `hmac`.'],
])('what pawl cannot check the same way is refused: %s', (auth, message) => {
  const imported = hook(auth);
  expect(imported.spec(address)).toBeUndefined();
  expect(saidOf(imported).find((one) => one.startsWith('refused'))).toContain(message);
});

test('an event that is told by the body is refused', () => {
  const imported = hook('profile: generic', '  idempotency: { event_id_from_body: id }\n');
  expect(saidOf(imported)[0]).toContain('pawl tells deliveries by a header');
});
