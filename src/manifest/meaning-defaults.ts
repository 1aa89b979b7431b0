import { objectAt } from './manifest-reference.ts';
import { checkAuth } from './meaning-process.ts';
import { below, type Check, checkCostLimit } from './meaning-report.ts';

/** What is wrong with a Defaults beyond its shape. */
export const checkDefaults: Check = (spec, report) => {
  checkCostLimit(spec, report);
  const external = objectAt(objectAt(spec, 'runtime'), 'external');
  checkAuth(objectAt(external, 'auth'), below(report, ['runtime', 'external', 'auth']));
};
