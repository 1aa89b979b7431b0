import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Accepted, accept } from '../../src/controller/accept.ts';
import { digest } from '../../src/manifest/digest.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { EnvironmentSettings, Kind, Resource, Snapshot } from '../../src/manifest/resource.ts';
import type { Change } from '../../src/plan/change.ts';
import { diff } from '../../src/plan/diff.ts';
import { snapshot } from '../../src/source/snapshot.ts';
import { WorkingCopy } from '../../src/source/working-copy.ts';
import { type HeldHead, liveOf, resource as resourceOf, snapshotOf } from '../plan/fixture.ts';
import { createRepository, type TestRepository } from '../support/git.ts';

const settings: EnvironmentSettings = { name: 'prod', branch: 'main', paths: ['base', 'prod'], apply: 'auto' };

const files = {
  'base/models.yaml': `# All models.
apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: small }
spec:
  provider: openaiCompatible
  model: small-1
  baseUrl: https://models.example.com/v1
  pricing: { inputPerMTok: 0.15, outputPerMTok: 0.6 }
---
# The large one.
apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: large }
spec:
  provider: openaiCompatible
  model: large-1
  baseUrl: https://models.example.com/v1
`,
  'base/writer.yaml': `apiVersion: pawl/v1
kind: Agent
metadata:
  name: writer   # who writes
spec:
  modelRef: small
  promptFile: writer.md
  limits:
    maxSteps: 10 # enough
  tools:
    - toolRef: search   # reads
    - toolRef: mail
  roles: [clerk]
`,
  'base/writer.md': 'Write.\n',
  'base/tools.yaml': ['search', 'mail', 'chat']
    .map(
      (name) =>
        `apiVersion: pawl/v1\nkind: Tool\nmetadata: { name: ${name} }\nspec: { description: One., type: builtin, builtin: { name: echo }, inputSchema: { type: object } }\n`,
    )
    .join('---\n'),
  'base/roles.json': `{
    "apiVersion": "pawl/v1",
    "kind": "AgentRole",
    "metadata": {"name": "clerk"},
    "spec": {"permissions": ["tool:*:*"]}
}
`,
  'base/spare.yaml': 'apiVersion: pawl/v1\nkind: AgentRole\nmetadata: { name: spare }\nspec: { permissions: [] }\n',
  'prod/writer.yaml': `apiVersion: pawl/v1
kind: Agent
metadata: { name: writer, annotations: { pawl/patch: merge } }
spec:
  limits: { timeout: 2m }
`,
};

describe('accepting drift into a working copy', () => {
  let git: TestRepository;
  let copy: WorkingCopy;
  let taken: Snapshot;

  beforeAll(async () => {
    git = await createRepository();
    await git.commit(files);
    copy = new WorkingCopy({ root: git.path });
    taken = await snapshot(copy, { commit: await copy.resolve('HEAD'), environment: settings });
    const wrong = taken.problems.filter(({ severity }) => severity === 'error');
    if (wrong.length > 0) throw new Error(JSON.stringify(wrong));
  });
  afterAll(() => git.remove());

  const known = (address: string): Resource => {
    const found = taken.resources.get(address);
    if (found === undefined) throw new Error(`${address} is not there`);
    return found;
  };

  const edited = (address: string, edit: (spec: JsonObject) => JsonObject): HeldHead => {
    const applied = known(address);
    const manifest = { ...applied.manifest, spec: edit(applied.manifest['spec'] as JsonObject) };
    return { applied, live: { ...applied, manifest, digest: digest(manifest) } };
  };

  const driftOf = (...heads: readonly HeldHead[]): readonly Change[] => {
    const all = heads.flatMap(({ applied, live }) => [applied, live]).flatMap((one) => one ?? []);
    const bodies = new Map(all.map((one) => [one.digest, one.manifest]));
    const applied = heads.flatMap((head) => head.applied ?? []);
    return diff(snapshotOf(applied), liveOf(heads), { bodies }).drift;
  };

  const taking = (...heads: readonly HeldHead[]): Promise<Accepted> =>
    accept(copy, { settings, drift: driftOf(...heads), overManifest: false });

  const textOf = (accepted: Accepted, path: string) => accepted.files.get(path)?.after;

  test('a value that only pawl gave is written into the last layer', async () => {
    const head = edited('Agent/default/writer', (spec) => ({
      ...spec,
      limits: { ...(spec['limits'] as JsonObject), maxToolCalls: 3 },
    }));
    const accepted = await taking(head);
    expect(accepted.outcomes).toEqual([
      { address: 'Agent/default/writer', kind: 'accepted', files: ['prod/writer.yaml'] },
    ]);
    expect(textOf(accepted, 'prod/writer.yaml')).toBe(
      files['prod/writer.yaml'].replace('{ timeout: 2m }', '{ timeout: 2m, maxToolCalls: 3 }'),
    );
  });

  test('a value of the base is overruled in the last layer, and one that is gone is taken away there', async () => {
    const head = edited('Agent/default/writer', ({ roles: _roles, ...spec }) => ({
      ...spec,
      roles: [],
      modelRef: 'large',
    }));
    const accepted = await taking(head);
    expect(accepted.outcomes[0]).toMatchObject({ kind: 'accepted', files: ['prod/writer.yaml'] });
    expect(textOf(accepted, 'prod/writer.yaml')).toContain('  modelRef: large\n  roles: []\n');
  });

  test('a prompt that is in a file is written into that file', async () => {
    const head = edited('Agent/default/writer', (spec) => ({ ...spec, prompt: 'Write.\nBe brief.\n' }));
    const accepted = await taking(head);
    expect([...accepted.files]).toEqual([['base/writer.md', { before: 'Write.\n', after: 'Write.\nBe brief.\n' }]]);
  });

  test('one document of several changes, amounts in dollars as they are written', async () => {
    const head = edited('ModelEndpoint/default/small', (spec) => ({
      ...spec,
      pricing: { ...(spec['pricing'] as JsonObject), inputPerMTok: 250_000 },
    }));
    const accepted = await taking(head);
    expect(textOf(accepted, 'base/models.yaml')).toBe(files['base/models.yaml'].replace('0.15', '0.25'));
  });

  test('JSON stays JSON', async () => {
    const accepted = await taking(
      edited('AgentRole/default/clerk', (spec) => ({ ...spec, permissions: ['tool:mail:*'] })),
    );
    expect(accepted.outcomes[0]).toMatchObject({ kind: 'accepted' });
    expect(JSON.parse(textOf(accepted, 'base/roles.json') ?? '')).toMatchObject({
      spec: { permissions: ['tool:mail:*'] },
    });
  });

  test('a row that is gone takes its document along, and its file where nothing else is in it', async () => {
    const accepted = await taking({ applied: known('AgentRole/default/spare'), live: undefined });
    expect([...accepted.files]).toEqual([['base/spare.yaml', { before: files['base/spare.yaml'], after: undefined }]]);
    const inUse = await taking({ applied: known('Tool/default/search'), live: undefined });
    expect(inUse.outcomes[0]).toMatchObject({ kind: 'refused', because: expect.stringContaining('search') as string });
    expect(inUse.files.size).toBe(0);
  });

  test('a row that no revision has becomes a file under the last path', async () => {
    const live = resourceOf({ kind: 'AgentRole' as Kind, name: 'extra', spec: { permissions: [] } });
    const accepted = await taking({ applied: undefined, live });
    expect(accepted.outcomes[0]).toEqual({
      address: 'AgentRole/default/extra',
      kind: 'accepted',
      files: ['prod/agentrole-default-extra.yaml'],
    });
  });

  test('several resources of one file are accepted together', async () => {
    const accepted = await taking(
      edited('ModelEndpoint/default/small', (spec) => ({ ...spec, model: 'small-2' })),
      edited('ModelEndpoint/default/large', (spec) => ({ ...spec, model: 'large-2' })),
    );
    expect(accepted.outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'accepted']);
    expect(textOf(accepted, 'base/models.yaml')).toBe(
      files['base/models.yaml'].replace('small-1', 'small-2').replace('large-1', 'large-2'),
    );
  });

  test('what no manifest can say is refused with the reason, and nothing is written for it', async () => {
    const head = edited('Agent/default/writer', ({ execution: _execution, ...spec }) => spec);
    const accepted = await taking(head);
    expect(accepted.outcomes[0]).toMatchObject({
      kind: 'refused',
      because: 'live has no spec.execution, and pawl or the Defaults fill it in',
    });
    expect(accepted.files.size).toBe(0);
  });

  test('a manifest that has moved since is not given up unasked', async () => {
    const { live } = edited('AgentRole/default/spare', () => ({ permissions: ['tool:mail:*'] }));
    const older = resourceOf({ kind: 'AgentRole', name: 'spare', spec: { permissions: ['tool:chat:*'] } });
    const drift = driftOf({ applied: older, live });
    const careful = await accept(copy, { settings, drift, overManifest: false });
    expect(careful.outcomes[0]).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('--over-manifest') as string,
    });
    const asked = await accept(copy, { settings, drift, overManifest: true });
    expect(asked.outcomes[0]).toMatchObject({ kind: 'accepted' });
    const again = await accept(copy, {
      settings,
      drift: driftOf({ applied: older, live: known('AgentRole/default/spare') }),
      overManifest: false,
    });
    expect(again.outcomes[0]).toMatchObject({ kind: 'already', files: [] });
  });
});
