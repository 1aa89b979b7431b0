import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import planSchema from '../../../schemas/output/plan.schema.json' with { type: 'json' };
import { renderJson } from '../../../src/plan/render/json.ts';
import { conflict, plans, update } from './plans.ts';
import { hugePlan, richPlan } from './rich.ts';

describe('JSON', () => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(planSchema);

  const all = { ...plans, rich: richPlan(), bare: { ...update, beside: {} }, huge: hugePlan(300) };

  test.each(Object.entries(all))('%s: satisfies the published schema', (_name, made) => {
    const json: unknown = JSON.parse(JSON.stringify(renderJson(made)));
    expect(validate(json) ? [] : validate.errors).toEqual([]);
  });

  test('names each kind of access change and counts both directions', () => {
    const json = renderJson(richPlan());
    expect(json).toMatchObject({
      access_changes: [
        { type: 'cell', direction: 'widened', operation: 'write', before: { kind: 'deny' }, after: { kind: 'allow' } },
        { type: 'cell', direction: 'widened', operation: 'delete' },
        { type: 'cell', direction: 'narrowed', operation: 'read' },
        { type: 'limit', limit: 'budget.run.usd', before: 450_000, after: null },
        { type: 'limit', direction: 'narrowed' },
        { type: 'restriction', kind: 'condition', direction: 'widened' },
        { type: 'restriction', kind: 'approval', direction: 'narrowed' },
        { type: 'coverage', direction: 'widened' },
        { type: 'judged', aspect: 'policy.condition' },
      ],
      summary: { widened: 6, narrowed: 3, risks: 3, to_acknowledge: 4, move: 1, adopt: 1, orphan: 1 },
    });
  });

  test('says when the changed fields reach runs that have started', () => {
    expect(renderJson(update)).toMatchObject({
      resource_changes: [
        { address: 'ModelEndpoint/default/large' },
        { address: 'ModelEndpoint/default/spare' },
        { address: 'Agent/default/writer', propagation: ['pinned', 'stricterOfBoth'] },
      ],
    });
  });

  test('keeps what was not looked at apart from what was and is nothing', () => {
    expect(renderJson({ ...update, beside: {} })).toMatchObject({
      impact: null,
      budget: null,
      backtest: null,
      preflight: null,
    });
    expect(renderJson({ ...update, beside: { budget: [] } })).toMatchObject({ budget: { systems: [], more: 0 } });
  });

  test('carries what identifies a saved plan', () => {
    expect(renderJson(update)).toMatchObject({
      format_version: '1.0',
      plan_digest: update.digest,
      source: { head_sha: update.target.commit },
      target: { environment: 'prod', live_revision: 3 },
      summary: { add: 1, change: 1, remove: 1, move: 0, adopt: 0, orphan: 0 },
      errored: false,
    });
    expect(renderJson(conflict)).toMatchObject({ errored: true });
  });

  test('says what the plan is for', () => {
    const { base, target } = update;
    expect(renderJson(update)['mode']).toBe('apply');
    const others = [
      { ...update, target: { ...target, stored: 2 } },
      { ...update, target: { ...target, commit: 'working-copy' } },
      { ...update, base: { ...base, commit: target.commit } },
    ].map(renderJson);
    expect(others.map(({ mode }) => mode)).toEqual(['rollback', 'working_copy', 'comparison']);
    for (const json of others) expect(validate(json) ? [] : validate.errors).toEqual([]);
  });
});
