import { describe, expect, test } from 'vitest';
import { digest } from '../../src/manifest/digest.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { storedProblems } from '../../src/manifest/stored.ts';
import { settingsAt, snapshot } from '../../src/source/snapshot.ts';
import { WorkingCopy } from '../../src/source/working-copy.ts';

async function example(): Promise<readonly Resource[]> {
  const files = new WorkingCopy({ root: 'example-repo' });
  const { settings } = await settingsAt(files, 'working-copy');
  const [environment] = settings?.environments ?? [];
  if (environment === undefined) throw new Error('the example declares an environment');
  return [...(await snapshot(files, { commit: 'working-copy', environment })).resources.values()];
}

function changed(resource: Resource | undefined, spec: JsonObject): Resource {
  if (resource === undefined) throw new Error('the example has an agent');
  const manifest = { ...resource.manifest, spec: { ...(resource.manifest['spec'] as JsonObject), ...spec } };
  return { ...resource, manifest, digest: digest(manifest) };
}

describe('a stored body', () => {
  test('of any resource of the example can be put in force again: defaults and what was read into it ask for nothing', async () => {
    expect((await example()).flatMap(storedProblems)).toEqual([]);
  });

  test('of a tool that runs a module can be put in force again, with the module in it', async () => {
    const tool = (await example()).find(
      ({ kind, manifest }) => kind === 'Tool' && JSON.stringify(manifest).includes('http'),
    );
    const { http: _http, egress: _egress, auth: _auth, ...spec } = (tool?.manifest['spec'] ?? {}) as JsonObject;
    const wasm = { module: 'sha256:ab', content: 'AGFzbQ==', export: 'call', memory: 65_536, fuel: 10 };
    const manifest = { ...tool?.manifest, spec: { ...spec, type: 'wasm', wasm } };
    if (tool === undefined) throw new Error('the example has a tool of the network');
    expect(storedProblems({ ...tool, manifest, digest: digest(manifest) })).toEqual([]);
  });

  test('that the schemas of this build refuse is an error at the place where it stood', async () => {
    const agent = (await example()).find(({ kind }) => kind === 'Agent');
    expect(storedProblems(changed(agent, { telepathy: true }))).toMatchObject([
      {
        severity: 'error',
        file: agent?.place.file,
        line: agent?.place.line,
        address: agent?.address,
        message: expect.stringContaining('cannot be honoured by this build'),
      },
    ]);
  });

  test('that asks for what this build lacks names the part', async () => {
    const agent = (await example()).find(({ kind }) => kind === 'Agent');
    const [first] = storedProblems(changed(agent, { memory: { ref: 'notes' } }));
    expect(first?.lacks ?? first?.message).toBeDefined();
  });
});
