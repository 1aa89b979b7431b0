/** The part of the table of what this build does that is about guards and gateways. */
const auth = (field: string): readonly string[] =>
  ['profile=bearer', 'profile=apiKeyHeader', 'profile=basic', 'secretRef', 'headerName'].map(
    (row) => `${field}.${row}`,
  );

export const guardsAndGateways: Readonly<Record<'Guard' | 'Gateway', readonly string[]>> = {
  Guard: [
    'spec.description',
    'spec.owner',
    'spec.mode',
    'spec.calls',
    'spec.action',
    'spec.timeout',
    'spec.failure',
    'spec.provider.type',
    'spec.provider.regex',
    'spec.provider.http.url',
    'spec.provider.http.allowPrivate',
    ...auth('spec.provider.http.auth'),
    'spec.provider.presidio.url',
    'spec.provider.presidio.language',
    'spec.provider.presidio.entities',
    'spec.provider.presidio.minScore',
    'spec.provider.presidio.allowPrivate',
    ...auth('spec.provider.presidio.auth'),
    'spec.provider.openaiModeration',
  ],
  Gateway: [
    'spec.description',
    'spec.owner',
    'spec.type=model',
    'spec.class=external',
    'spec.url',
    'spec.provider',
    'spec.allowPrivate',
    ...auth('spec.auth'),
  ],
};
