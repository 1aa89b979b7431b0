import { expect, test } from 'vitest';
import { TerminalError } from '../../src/errors.ts';
import { runInMemory } from '../support/memory-executor.ts';
import { authorityOf, bundleOf } from '../support/runs.ts';

const answer = { text: 'from the other', toolCalls: [], usage: undefined, model: undefined, finish: 'stop' } as const;

test.each([
  ['model.unauthorised', 'Succeeded', ['write/1 default/model', 'write/1~2 default/other']],
  ['model.response_mismatch', 'Failed', ['write/1 default/model']],
])('after %s of the first endpoint the run has %s', async (code, state, asked) => {
  const made = bundleOf({ nodes: { write: { agent: 'writer' } }, agents: { writer: { fallback: ['default/other'] } } });
  const model = made.models['default/model'];
  if (model === undefined) throw new TypeError('the bundle has its model');
  const bundle = { ...made, models: { ...made.models, 'default/other': { ...model, model: 'other' } } };
  const authority = authorityOf(bundle);
  const allow = { kind: 'allow', rule: 'Agent/default/writer' } as const;
  const subjects = Object.fromEntries(
    Object.entries(authority.subjects).map(([name, one]) => [
      name,
      { ...one, models: { ...one.models, 'default/other': allow } },
    ]),
  );
  const script = () => Promise.reject(new TerminalError('no', { code, help: 'none' }));
  const played = await runInMemory({
    bundle,
    authority: { ...authority, subjects },
    models: { script, other: () => answer },
  });
  expect(played.run.state).toBe(state);
  const results = played.run.steps.filter(({ phase }) => phase === 'result');
  expect(results.map(({ path, target }) => `${path} ${target}`)).toEqual(asked);
});
