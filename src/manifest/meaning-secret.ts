import { ageFault } from './age-file.ts';
import { objectAt } from './manifest-reference.ts';
import type { Check } from './meaning-report.ts';

/** Whether what stands at each key can be where a value is. What was written is not repeated: it may be the value. */
export const checkSecret: Check = (spec, report) => {
  for (const [key, place] of Object.entries(objectAt(spec, 'keys'))) {
    if (typeof place !== 'string') continue;
    if (spec['source'] === 'age') {
      const fault = ageFault(place);
      if (fault === undefined) continue;
      report(['keys', key], {
        code: 'secret.age_invalid',
        message: `The ciphertext of this key ${fault}.`,
        help: 'Write it with `pawl secret encrypt`, or with `age --armor --recipient age1…`.',
      });
    }
    if (spec['source'] === 'env' && !place.startsWith(variablePrefix)) {
      report(['keys', key], {
        code: 'secret.variable_name',
        severity: 'warning',
        message: `The variable of this key does not begin with \`${variablePrefix}\`.`,
        help: `Workers read others only where their operator lists them in \`PAWL_SECRET_ENV\`: rename it, or list it.`,
      });
    }
    if (spec['source'] === 'file' && !isAbsolutePath(place)) {
      report(['keys', key], {
        code: 'secret.file_path',
        message: 'The path of this key is not absolute, or has empty, `.` or `..` parts.',
        help: 'Write it from the root, as the worker sees it: `/run/secrets/crm-token`.',
      });
    }
  }
};

/** Of the variables of a worker that manifests may name without its operator's doing. */
const variablePrefix = 'PAWL_SECRET_';

function isAbsolutePath(path: string): boolean {
  const [root, ...parts] = path.split('/');
  return root === '' && parts.length > 0 && parts.every((part) => part !== '' && part !== '.' && part !== '..');
}
