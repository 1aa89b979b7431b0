import { isJsonObject, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { below, type Check, checkUnique, contradiction, type Report } from './meaning-report.ts';
import { checkOffered } from './meaning-tier.ts';

/** What is wrong with a WorkerPool beyond its shape. */
export const checkWorkerPool: Check = (spec, report) => {
  checkOffered(listAt(spec, 'isolation'), below(report, ['isolation']));
  const { minWorkers: min, maxWorkers: max } = spec;
  if (typeof min !== 'number' || typeof max !== 'number') return;
  if (min > max) {
    const message = `There would be at least ${min} workers and at most ${max}.`;
    report(['minWorkers'], { code: 'manifest.limit', message, help: 'Lower `minWorkers`, or raise `maxWorkers`.' });
  }
  if (!isJsonObject(spec['scaling'])) return;
  if (min === max) {
    const message = `There are always ${max} workers: nothing can follow from \`scaling\`.`;
    report(['scaling'], contradiction(message, 'Raise `maxWorkers`, or remove it.'));
  }
  checkMetrics(spec, report);
};

function checkMetrics(spec: JsonObject, report: Report): void {
  const metrics = listAt(objectAt(spec, 'scaling'), 'metrics').filter(isJsonObject);
  const path = ['scaling', 'metrics'];
  checkUnique(
    metrics.map(({ metric }) => metric ?? null),
    { path, field: 'metric', what: 'metric' },
    report,
  );
  for (const [index, { metric, target }] of metrics.entries()) {
    if ((metric !== 'cpu' && metric !== 'memory') || typeof target !== 'number' || target <= 1) continue;
    const message = `\`${metric}\` is a share, from 0 to 1.`;
    report([...path, index, 'target'], { code: 'manifest.limit', message, help: 'Write 0.7 for 70 percent.' });
  }
}
