import type { ForeignKind } from '../dialect.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';
import { taskFields } from './task-fields.ts';
import { refuseExpressions, taskRules, taskTemplate } from './task-template.ts';

/** Work for a system: started once when it is applied, or a template for what starts it. */
export const task: ForeignKind = {
  kind: 'Task',
  apiVersions: orlojVersions,
  fields: { ...orlojMetadata, ...taskFields('spec', 'Task.spec') },
  rules: ({ spec }) => taskRules(spec),
  fate: {
    fate: 'mapped',
    becomes: 'Task',
    convert(document, conversion) {
      const { spec } = document;
      const { namespace, name } = conversion.identityOf(document);
      const isTemplate = spec.get('mode').text() === 'template';
      const command = `pawl run --task ${namespace === 'default' ? name : `${namespace}/${name}`}`;
      const said = `Orloj started it once, when it was applied; here it is started with \`${command}\`.`;
      if (!isTemplate) spec.flag('import.one_time', said);
      refuseExpressions(spec);
      conversion.become(document, taskTemplate(spec, conversion), isTemplate ? [] : [said]);
    },
  },
};
