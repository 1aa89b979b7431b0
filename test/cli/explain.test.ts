import { describe, expect, test } from 'vitest';
import { clampWidth } from '../../src/cli/terminal.ts';
import { renderField } from '../../src/cli/explain-field.ts';
import { documented, type FieldDoc } from '../../src/manifest/field-doc.ts';
import { kindWords, lookupField } from '../../src/manifest/field-lookup.ts';
import { kinds } from '../../src/manifest/resource.ts';
import { riskNames } from '../../src/manifest/risk-codes.ts';
import { decisionDoc } from '../../src/plan/decision-docs.ts';
import pc from 'picocolors';
import { say } from './fixture.ts';

const colors = pc.createColors(false);

function pageOf(query: string, width = 80): string {
  const found = lookupField(query);
  if (found.kind !== 'found') throw new Error(`${query} is not found`);
  return renderField(found.doc, { width, colors });
}

describe('explain, of a field', () => {
  test('says type, meaning, default, when a change acts, and whether this build does it', async () => {
    const said = await say(['explain', 'Agent.spec.limits.timeout']);
    expect(said).toMatchObject({ exit: 0, stderr: '' });
    expect(said.stdout).toContain('Agent.spec.limits.timeout  duration\n\nHow long one step may take.');
    expect(said.stdout).toContain('default     5m\n');
    expect(said.stdout).toContain('changes     Tightening it reaches running runs at their next call;');
    expect(said.stdout).toContain('this build  Enforced.\n');
    expect(said.stdout).toContain('Examples\n  30s\n  5m\n');
  });

  test('of a part that is missing names the part once, and marks such a field in what it is in', () => {
    const page = pageOf('Agent.spec.expose');
    expect(page).toContain(
      'Checked, and refused by plan and apply until this part is built:\n            exposed agents.',
    );
    expect(page).toContain('  a2a  true or false\n      Whether it is served over A2A.');
    expect(pageOf('Agent')).toContain('  spec.expose  map, not in this build\n');
  });

  test('of which only some values are done names the others and their parts', () => {
    const page = pageOf('Gateway.spec.type');
    expect(page).toContain('allowed     model, tool');
    expect(page).toMatch(/Enforced, apart from values[\s\S]*`agent`\s\(exposed\sagents\)/);
  });

  test('that is sensitive says that its value is never shown', () => {
    expect(pageOf('ModelEndpoint.spec.headers')).toContain('sensitive   Its value is never shown.');
  });

  test.each([
    ['agent.spec.tools.toolref', 'Agent.spec.tools[].toolRef'],
    ['AGENT.spec.tools[3].toolRef', 'Agent.spec.tools[].toolRef'],
    ['agents', 'Agent'],
    ['AgentSystem.spec.graph.reply.edges[0].to', 'AgentSystem.spec.graph.*.edges[].to'],
    ['AgentSystem.spec.graph.edges', 'AgentSystem.spec.graph.*.edges'],
    ['Agent.metadata.annotations["pawl/share"]', 'Agent.metadata.annotations.*'],
    ['pawl.yaml.environments.guards', 'pawl.yaml.environments[].guards'],
    ['PawlSettings.environments[].guards', 'pawl.yaml.environments[].guards'],
    ['pawl.yaml', 'pawl.yaml'],
    ['pawl.lock.yaml.servers.tickets.tools', 'pawl.lock.yaml.servers.*.tools'],
  ])('%s is %s', (query, name) => {
    expect(pageOf(query).split('\n')[0]).toMatch(new RegExp(`^${name.replaceAll(/[.*[\]]/g, '\\$&')}  `));
  });

  test('as JSON carries the same for programs', async () => {
    const said = await say(['explain', 'agent.spec.execution.onDeny', '-o', 'json']);
    expect(JSON.parse(said.stdout)).toMatchObject({
      format_version: '1.0',
      field: 'Agent.spec.execution.onDeny',
      type: 'text',
      default: 'inform',
      values: ['inform', 'fail'],
      propagation: 'pinned',
      sensitive: false,
      support: { kind: 'enforced' },
      fields: [],
    });
  });

  test.each([
    ['Agent.spec.lmits', 'Agent.spec has no field "lmits"', 'Did you mean "Agent.spec.limits"?'],
    ['Agent.limits', 'Agent has no field "limits"', 'Did you mean "Agent.spec.limits"?'],
    ['Agent.spec.limits.xyz', 'Agent.spec.limits has no field "xyz"', 'Fields of Agent.spec.limits: maxSteps, '],
    ['Agent.spec.prompt.x', 'Agent.spec.prompt has no field "x"', 'Agent.spec.prompt has no fields.'],
    ['pawl.yaml.enviroments', 'pawl.yaml has no field "enviroments"', 'Did you mean "pawl.yaml.environments"?'],
  ])('%s exits 64 and leads on', async (query, message, help) => {
    const said = await say(['explain', query]);
    expect([said.exit, said.stdout]).toEqual([64, '']);
    expect(said.stderr).toContain(`error cli.unknown_field: ${message}`);
    expect(said.stderr).toContain(help);
  });

  test.each([
    ['Agnt.spec.limits', 'Did you mean "Agent.spec.limits"?'],
    ['tool.timeuot', 'Did you mean "tool.timeout"?'],
    ['xyzzy', 'Run `pawl explain` to list all codes'],
  ])('%s, neither a code nor a kind, exits 64 and leads on', async (query, help) => {
    const said = await say(['explain', query]);
    expect([said.exit, said.stdout]).toEqual([64, '']);
    expect(said.stderr).toContain('error cli.unknown_code');
    expect(said.stderr).toContain(help);
  });

  test('takes any words without a crash', async () => {
    for (const query of [
      '',
      '.',
      '[',
      ']',
      'Agent..spec',
      'Agent.__proto__',
      'constructor',
      'Agent.spec.constructor',
      'a'.repeat(5000),
    ])
      expect([0, 64]).toContain((await say(['explain', query])).exit);
  });
});

function withInner(doc: FieldDoc): readonly FieldDoc[] {
  return [doc, ...doc.fields.flatMap(withInner)];
}

test('every field of every kind has a page that no line of 40 columns breaks', () => {
  for (const title of [...kinds, 'PawlSettings', 'Script']) {
    const root = documented(title);
    if (root === undefined) throw new Error(`${title} is not documented`);
    for (const doc of [root, ...root.fields.flatMap(withInner)]) {
      const page = renderField(doc, { width: clampWidth(40), colors });
      const prose = page.split(/\n\nExamples?\n/)[0] ?? '';
      const long = prose
        .split('\n')
        .slice(1)
        // One word, or a label and one word, cannot be broken.
        .filter((line) => line.length > 40 && !/^\s*(\S+\s+)?\S+$/.test(line));
      expect([title, long]).toEqual([title, []]);
    }
  }
});

describe('schema', () => {
  test('prints one schema for all kinds, in the draft that editors read', async () => {
    const said = await say(['schema']);
    expect([said.exit, said.stderr]).toEqual([0, '']);
    expect(JSON.parse(said.stdout)).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'pawl',
      properties: { kind: { enum: [...kinds] } },
    });
  });

  test.each([
    ['agent', 'Agent'],
    ['Tools', 'Tool'],
    ['pawl.yaml', 'PawlSettings'],
  ])('of %s is that of %s, in either draft', async (word, title) => {
    const said = await say(['schema', word, '--draft', '2020-12']);
    expect(JSON.parse(said.stdout)).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', title });
    expect(JSON.parse((await say(['schema', word])).stdout)).toMatchObject({ title });
  });

  test('of an unknown kind exits 64 and names the nearest, or all', async () => {
    const near = await say(['schema', 'Agnet']);
    expect([near.exit, near.stdout]).toEqual([64, '']);
    expect(near.stderr).toContain('error cli.unknown_kind: There is no kind "Agnet".');
    expect(near.stderr).toContain('Did you mean "Agent"?');
    expect((await say(['schema', 'xyzzy'])).stderr).toContain(`One of: ${kindWords.join(', ')}.`);
  });
});

describe('explain, of what a plan asks for', () => {
  test.each([
    ['R4', 'R4 budget.widened  More may be spent'],
    ['R4-0fae', 'R4 budget.widened  More may be spent'],
    ['budget.widened', 'R4 budget.widened  More may be spent'],
    ['R13', 'R13 control.self_modify  '],
    ['bootstrap', 'bootstrap  The first apply of an environment'],
    ['guard.protected', 'guard.protected  What is deleted is protected'],
  ])('%s says what it is, why, and who may agree', async (subject, head) => {
    const said = await say(['explain', subject]);
    expect(said).toMatchObject({ exit: 0, stderr: '' });
    expect(said.stdout.startsWith(head)).toBe(true);
    expect(said.stdout).toMatch(/\nCause: .+\nCure: .+/);
  });

  test('every class of risk and every guard has its page, and no other name does', () => {
    for (const [at, name] of riskNames.entries()) {
      expect(decisionDoc(name)).toEqual(decisionDoc(`R${at + 1}`));
      expect(decisionDoc(name)?.name).toBe(`R${at + 1} ${name}`);
    }
    for (const none of ['R0', 'R14', 'R1-', 'R1-x', 'r1', 'guard.none', 'toString', ''])
      expect(decisionDoc(none)).toBeUndefined();
  });
});
