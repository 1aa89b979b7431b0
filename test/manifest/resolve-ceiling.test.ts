import { describe, expect, test } from 'vitest';
import { agent, model, type Texts, wrong } from './environment-texts.ts';
import { at, manifest, resolveTexts } from './manifests.ts';

describe('limits above a ceiling', () => {
  const policy = (name: string, targets: string, limits: string) =>
    manifest('AgentPolicy', name, `{${targets}, limits: {${limits}}}`);
  const files = (limits: string, policies: Texts): Texts => ({
    'model.yaml': model,
    'agent.yaml': agent('a', `, limits: {${limits}}`, ', labels: {tier: gold}'),
    ...policies,
  });

  test('are warned of with the line of the policy and what holds', () => {
    const { problems, resources } = resolveTexts(
      files('maxSteps: 50, timeout: 10m', {
        'p.yaml': policy('p', 'global: true', 'maxSteps: 20, timeout: 5m'),
        'q.yaml': policy('q', 'targets: {labels: {tier: gold}}', 'maxSteps: 10'),
      }),
    );
    const found = problems.filter(({ code }) => code === 'limits.above_ceiling');
    expect(found.map((problem) => [problem.severity, at(problem), problem.message, problem.help])).toEqual([
      [
        'warning',
        'limits.above_ceiling 4:56',
        '`limits.maxSteps` is 50, and AgentPolicy/default/q (q.yaml:4) allows 10: 10 is what holds.',
        "Lower it to 10, or raise the policy's limit.",
      ],
      [
        'warning',
        'limits.above_ceiling 4:69',
        '`limits.timeout` is 10m, and AgentPolicy/default/p (p.yaml:4) allows 5m: 5m is what holds.',
        "Lower it to 5m, or raise the policy's limit.",
      ],
    ]);
    expect(resources.has('Agent/default/a')).toBe(true);
  });

  test('are not warned of where nothing is written, nothing is above, or the policy does not reach the agent', () => {
    const all = { 'p.yaml': policy('p', 'global: true', 'maxSteps: 5') };
    expect(wrong({ ...all, 'model.yaml': model, 'agent.yaml': agent('a') })).toEqual([]);
    expect(wrong(files('maxSteps: 5', all))).toEqual([]);
    const others = policy('p', 'targets: {namespaces: [default], labels: {tier: silver}}', 'maxSteps: 5');
    expect(wrong(files('maxSteps: 6', { 'p.yaml': others })).map(at)).toEqual(['policy.targets_nothing 4:49']);
  });
});
