import { expect, test } from 'vitest';
import { parseDocuments } from '../../../src/manifest/document.ts';
import { Conversion, type NewResource } from '../../../src/manifest/import/conversion.ts';
import { ForeignDocument } from '../../../src/manifest/import/foreign.ts';
import { ForeignEstate } from '../../../src/manifest/import/foreign-estate.ts';
import { settle } from '../../../src/manifest/import/settle.ts';
import { addressOf, type Kind } from '../../../src/manifest/resource.ts';

/** Foreign documents that each became one resource, as conversions hand them in. */
function converted(...resources: readonly NewResource[]) {
  const text = resources.map(({ name }) => `metadata: { name: ${name} }\nuses: []\n`).join('---\n');
  const file = { path: 'foreign.yaml', bytes: new TextEncoder().encode(text) };
  const documents = parseDocuments(file).documents.map((document, index) => {
    const { name = '', namespace = '' } = resources[index] ?? {};
    return new ForeignDocument(document, { apiVersion: 'example.org/v1', kind: 'Thing', namespace, name });
  });
  const conversion = new Conversion(new ForeignEstate(new Map()));
  for (const [index, resource] of resources.entries()) {
    const document = documents[index];
    if (document !== undefined) conversion.emit(document, resource);
  }
  return { documents, conversion };
}

function resource(kind: Kind, name: string, spec: NewResource['spec'], namespace = 'desk'): NewResource {
  return { kind, namespace, name, spec };
}

const model = resource('ModelEndpoint', 'fast', {
  provider: 'openaiCompatible',
  baseUrl: 'https://models.example.org/v1',
  model: 'small',
});
const agent = (name: string, more: NewResource['spec'] = {}) =>
  resource('Agent', name, { modelRef: 'fast', prompt: 'Answer.', ...more });

function outcome(...resources: readonly NewResource[]) {
  const { documents, conversion } = converted(...resources);
  const settled = settle(conversion);
  return {
    settled,
    addresses: settled.resources.map(addressOf),
    spec: (name: string) => settled.resources.find((one) => one.name === name)?.spec,
    said: documents.flatMap((document) => document.notes.map(({ fate, code }) => `${document.name} ${fate} ${code}`)),
  };
}

test('what is whole stays, and is valid', () => {
  const { addresses, said, settled } = outcome(model, agent('writer'));
  expect(said).toEqual([]);
  expect(addresses).toEqual(['ModelEndpoint/desk/fast', 'Agent/desk/writer']);
  expect(said).toEqual([]);
  expect(settled.resolved.resources.size).toBe(2);
});

test('an entry of a list that names what is missing is left out, and the rest stays', () => {
  const { spec, said } = outcome(
    model,
    agent('writer', { agents: [{ agentRef: 'reader' }, { agentRef: 'gone' }] }),
    agent('reader'),
  );
  expect(spec('writer')).toMatchObject({ agents: [{ agentRef: 'reader' }] });
  expect(said).toEqual(['writer dropped import.reference']);
});

test('a document that cannot do without what is missing goes, and so does whatever needs it', () => {
  const { addresses, said } = outcome(
    agent('writer'),
    resource('AgentSystem', 'desk', { graph: { write: { agentRef: 'writer' } } }),
  );
  expect(addresses).toEqual([]);
  expect(said).toEqual(['writer refused import.depends', 'desk refused import.depends']);
});

test('a policy whose only target is missing goes too, and does not become one for everybody', () => {
  const limits = { limits: { maxSteps: 3 } };
  const { addresses, spec, said } = outcome(
    model,
    agent('writer'),
    resource('AgentPolicy', 'lost', { targets: { agents: ['gone'] }, ...limits }),
    resource('AgentPolicy', 'kept', { targets: { agents: ['writer', 'gone'] }, ...limits }),
  );
  expect(addresses).not.toContain('AgentPolicy/desk/lost');
  expect(spec('kept')).toMatchObject({ targets: { agents: ['writer'] } });
  expect(said).toContain('lost refused import.depends');
  expect(said).toContain('kept dropped import.reference');
});

test('a guard that is missing takes its agent with it: an agent without it could do more', () => {
  const { addresses, said } = outcome(model, agent('writer', { guards: ['gone'] }));
  expect(addresses).toEqual(['ModelEndpoint/desk/fast']);
  expect(said).toEqual(['writer refused import.depends']);
});

test('what is used from another namespace is shared with it', () => {
  const { settled, said } = outcome({ ...model, namespace: 'shared' }, agent('writer', { modelRef: 'shared/fast' }));
  expect(settled.resources[0]?.annotations).toEqual({ 'pawl/share': 'desk' });
  expect(settled.written.map(({ path }) => path)).toEqual(['desk/agents/writer.yaml', 'shared/models/fast.yaml']);
  expect(said).toEqual(['fast flagged import.share']);
});

test('what pawl would not accept is refused at its document, with what it would say', () => {
  const { documents, conversion } = converted(model, agent('writer', { maxTurns: 3 }), agent('reader'));
  expect(settle(conversion).resources.map(addressOf)).toEqual(['ModelEndpoint/desk/fast', 'Agent/desk/reader']);
  expect(documents[1]?.notes).toMatchObject([{ code: 'import.invalid', message: expect.stringContaining('maxTurns') }]);
});

test('every agent of a circle is refused, with the way around it', () => {
  const { documents, conversion } = converted(
    model,
    agent('a', { agents: [{ agentRef: 'b' }] }),
    agent('b', { agents: [{ agentRef: 'c' }] }),
    agent('c', { agents: [{ agentRef: 'a' }] }),
    agent('d', { agents: [{ agentRef: 'a' }] }),
  );
  const { resources } = settle(conversion);
  expect(resources.map(addressOf)).toEqual(['ModelEndpoint/desk/fast', 'Agent/desk/d']);
  expect(documents[1]?.notes).toMatchObject([
    { code: 'import.circle', message: 'Agents call each other in a circle: `a` → `b` → `c` → `a`.' },
  ]);
  expect(documents[3]?.isRefused).toBe(true);
});

test('a circle is named though its agents lack a model too', () => {
  const { documents, conversion } = converted(
    agent('a', { agents: [{ agentRef: 'b' }] }),
    agent('b', { agents: [{ agentRef: 'a' }] }),
  );
  expect(settle(conversion).resources).toEqual([]);
  for (const { notes } of documents) expect(notes.map(({ code }) => code)).toContain('import.circle');
});

test('a Secret that nothing reads any more is not written', () => {
  const { documents, conversion } = converted(agent('writer'));
  const [document] = documents;
  if (document !== undefined) conversion.secretKey(document.root.get('uses'), { name: 'token', key: 'value' });
  const { resources, secrets } = settle(conversion);
  expect([resources, secrets]).toEqual([[], []]);
});
