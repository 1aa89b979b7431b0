import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import planSchema from '../../../schemas/output/plan.schema.json' with { type: 'json' };
import { renderJson } from '../../../src/plan/render/json.ts';
import { conflict, plans, update } from './plans.ts';

describe('JSON', () => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(planSchema);

  test.each(Object.entries(plans))('%s: satisfies the published schema', (_name, made) => {
    const json: unknown = JSON.parse(JSON.stringify(renderJson(made)));
    expect(validate(json) ? [] : validate.errors).toEqual([]);
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
});
