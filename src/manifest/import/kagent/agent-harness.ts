import type { ForeignKind } from '../dialect.ts';
import { mapped, type FieldRow, type FieldShape, type FieldTable, type FieldType } from '../field-table.ts';
import type { ForeignNode } from '../foreign.ts';
import { metadataFields } from '../metadata-fields.ts';
import { breaksSchema, exclusive } from './agent-rules.ts';
import { flagCredentials } from '../credential.ts';

const filled = { type: 'string', required: true, minLength: 1 } as const;
const block = { type: 'map', required: true } as const;
const many = { type: 'list', maxItems: 1024 } as const;

const fields: FieldTable = {
  ...metadataFields,
  'spec.backend': gone({ type: 'string', required: true, enum: ['openclaw', 'hermes'] }),
  'spec.channels': gone(many),
  'spec.channels[].name': gone(filled),
  'spec.channels[].type': gone({ type: 'string', required: true, enum: ['telegram', 'slack'] }),
  'spec.channels[].slack': gone('map'),
  ...tokenFields('spec.channels[].slack.appToken'),
  ...tokenFields('spec.channels[].slack.botToken'),
  'spec.channels[].slack.hermes': gone('map'),
  'spec.channels[].slack.hermes.allowedUserIDs': gone(many),
  'spec.channels[].slack.hermes.allowedUserIDs[]': gone('string'),
  ...sourceFields('spec.channels[].slack.hermes.allowedUserIDsFrom'),
  'spec.channels[].slack.hermes.homeChannel': gone('string'),
  'spec.channels[].slack.hermes.homeChannelName': gone('string'),
  'spec.channels[].slack.openclaw': gone('map'),
  'spec.channels[].slack.openclaw.allowlistChannels': gone(many),
  'spec.channels[].slack.openclaw.allowlistChannels[]': gone('string'),
  'spec.channels[].slack.openclaw.channelAccess': gone({ type: 'string', enum: ['allowlist', 'open', 'disabled'] }),
  'spec.channels[].slack.openclaw.interactiveReplies': gone('boolean'),
  'spec.channels[].telegram': gone('map'),
  'spec.channels[].telegram.allowedUserIDs': gone(many),
  'spec.channels[].telegram.allowedUserIDs[]': gone('string'),
  ...sourceFields('spec.channels[].telegram.allowedUserIDsFrom'),
  ...tokenFields('spec.channels[].telegram.botToken'),
  'spec.description': gone('string'),
  'spec.env': gone('any'),
  'spec.image': gone('string'),
  'spec.modelConfigRef': gone('string'),
  'spec.substrate': gone(block),
  'spec.substrate.snapshotsConfig.location': gone({ type: 'string', required: true, pattern: '^gs://.*' }),
  'spec.substrate.workerPoolRef': gone('any'),
  'spec.substrate.workloadImage': gone('string'),
};

/** A machine for an assistant that people write to. */
export const agentHarness: ForeignKind = {
  kind: 'AgentHarness',
  apiVersions: ['kagent.dev/v1alpha2', 'kagent.dev/v1alpha3'],
  fields,
  rules({ spec }) {
    for (const channel of spec.get('channels').items()) channelRules(channel, spec.get('backend').value);
    flagCredentials(spec.get('env'));
  },
  fate: {
    fate: 'refused',
    message:
      'It is a machine for OpenClaw or Hermes, which hold their own models, tools and conversations: no agent is in the manifest.',
    help: 'Let it run where it runs. What it does with tools can be written as an Agent of pawl.',
  },
};

function gone(shape: FieldType | FieldShape): FieldRow {
  return mapped(shape, 'nothing: the document is refused');
}

function tokenFields(at: string): FieldTable {
  return {
    [at]: gone(block),
    [`${at}.value`]: gone({ type: 'string', maxLength: 8192 }),
    ...sourceFields(`${at}.valueFrom`),
  };
}

function sourceFields(at: string): FieldTable {
  return {
    [`${at}.key`]: gone({ type: 'string', required: true }),
    [`${at}.name`]: gone({ type: 'string', required: true }),
    [`${at}.type`]: gone({ type: 'string', required: true, enum: ['ConfigMap', 'Secret'] }),
  };
}

function channelRules(channel: ForeignNode, backend: unknown): void {
  const type = channel.get('type').value;
  const [slack, telegram] = [channel.get('slack'), channel.get('telegram')];
  const fits = type === 'slack' ? slack.exists && !telegram.exists : telegram.exists && !slack.exists;
  if (!fits) breaksSchema(channel, `\`${channel.field}\` must have the block of its type, and no other.`);
  const [hermes, openclaw] = [slack.get('hermes'), slack.get('openclaw')];
  if (slack.exists && (hermes.exists !== (backend === 'hermes') || openclaw.exists !== (backend === 'openclaw')))
    breaksSchema(slack, `\`${slack.field}\` must have the block of \`spec.backend\`, and no other.`);
  for (const token of [slack.get('appToken'), slack.get('botToken'), telegram.get('botToken')]) tokenRules(token);
  for (const users of [hermes, telegram])
    if (users.get('allowedUserIDs').items().length > 0) exclusive(users, ['allowedUserIDs', 'allowedUserIDsFrom']);
  const isListed = openclaw.get('allowlistChannels').items().length > 0;
  if (openclaw.get('channelAccess').value === 'allowlist' && !isListed)
    breaksSchema(
      openclaw,
      `\`${openclaw.field}.allowlistChannels\` must be there where only listed channels are let in.`,
    );
}

function tokenRules(token: ForeignNode): void {
  if (!token.exists) return;
  const [value, from] = [token.get('value'), token.get('valueFrom')];
  if (value.exists === from.exists)
    breaksSchema(token, `\`${token.field}\` must have either \`value\` or \`valueFrom\`.`);
  if (value.exists)
    value.flag('import.secret_value', 'A token stands in the manifest: replace it, for it has been in a file.');
}
