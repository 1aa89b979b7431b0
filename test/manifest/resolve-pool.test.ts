import { describe, expect, test } from 'vitest';
import { manifest, resolveTexts } from './manifests.ts';

const system = manifest('AgentSystem', 'digest', '{graph: {only: {agentRef: writer}}}');
const pool = (name: string, spec: string, metadata = '') => manifest('WorkerPool', name, { spec, metadata });
const eu = pool('eu', '{requires: {region: eu-west, models: [llama], labels: {tenant: acme}}, isolation: [sandbox]}');

function unmet(requires: string, ...pools: readonly string[]) {
  const task = manifest('Task', 'nightly', `{systemRef: digest, requires: ${requires}}`);
  const texts = { 'task.yaml': task, 'system.yaml': system };
  const files = Object.fromEntries(pools.map((text, index) => [`pool-${index}.yaml`, text]));
  return resolveTexts({ ...texts, ...files }).problems.filter(({ code }) => code === 'pool.unmet');
}

describe('what work requires of a pool', () => {
  test('is fine where one pool has all of it, and where nothing is required', () => {
    const all = '{region: eu-west, model: llama, labels: {tenant: acme}, isolation: [sandbox], gpu: false}';
    expect(unmet(all, eu)).toEqual([]);
    expect(unmet('{gpu: false}')).toEqual([]);
  });

  test('is a warning at the field that the nearest pool lacks, with the value that was meant', () => {
    expect(unmet('{region: eu-wst, model: llama}', eu, pool('plain', '{requires: {}}'))).toMatchObject([
      {
        severity: 'warning',
        file: 'task.yaml',
        message:
          'No worker pool has what this requires, the region `eu-wst`: WorkerPool/default/eu is the nearest. Its runs cannot begin.',
        help: 'Did you mean `eu-west`?',
      },
    ]);
    expect(unmet('{labels: {tenant: acne}}', eu)[0]?.help).toBe('Did you mean `acme`?');
    expect(unmet('{gpu: true, isolation: [container]}', eu)[0]).toMatchObject({
      message:
        'No worker pool has what this requires, gpu = `true` and the tier `container`: WorkerPool/default/eu is the nearest. Its runs cannot begin.',
      help: 'Declare a WorkerPool that has it, share one, or require less.',
    });
  });

  test('is not had from a pool of another namespace that is not shared', () => {
    const apart = ', namespace: other';
    expect(unmet('{region: us}', pool('us', '{requires: {region: us}}', apart))[0]?.message).toContain(
      'there is none that it may use',
    );
    const shared = `${apart}, annotations: {pawl/share: default}`;
    expect(unmet('{region: us}', pool('us', '{requires: {region: us}}', shared))).toEqual([]);
  });

  test('is asked of work that a schedule or a webhook writes in place', () => {
    const task = '{systemRef: digest, requires: {region: mars}}';
    const { problems } = resolveTexts({
      'system.yaml': system,
      'eu.yaml': eu,
      'schedule.yaml': manifest('TaskSchedule', 'nightly', `{cron: '0 3 * * *', task: ${task}}`),
    });
    expect(problems.filter(({ code }) => code === 'pool.unmet')).toMatchObject([{ file: 'schedule.yaml' }]);
  });

  test('is not said to be missing while a pool cannot be read', () => {
    expect(unmet('{region: mars}', pool('mars', '{requires: {region: 7}}'))).toEqual([]);
  });
});
