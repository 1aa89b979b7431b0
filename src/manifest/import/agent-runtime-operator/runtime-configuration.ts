import type { ForeignKind } from '../dialect.ts';
import { mapped } from '../field-table.ts';
import type { ForeignDocument } from '../foreign.ts';
import type { ForeignEstate } from '../foreign-estate.ts';
import { metadataFields } from '../metadata-fields.ts';
import { operatorVersions } from './cluster-fields.ts';

/** What holds for agents that say nothing themselves; the operator wants exactly one of it, or none. */
export const agentRuntimeConfiguration: ForeignKind = {
  kind: 'AgentRuntimeConfiguration',
  apiVersions: operatorVersions,
  fields: {
    ...metadataFields,
    'spec.defaultFramework': mapped(
      { type: 'string', enum: ['google-adk', 'msaf'] },
      "`Agent.spec.runtime: builtin`: either template becomes pawl's own loop",
    ),
    'spec.agentTemplateImages.googleAdk': mapped('string', 'which images count as templates'),
    'spec.agentTemplateImages.msaf': mapped('string', 'which images count as templates'),
  },
  fate: {
    fate: 'referenced',
    reason: 'It is read for the agents: both of its frameworks become the loop of pawl, so no default is needed.',
  },
};

const configurations = new WeakMap<ForeignEstate, readonly ForeignDocument[]>();

/** All that are in the files; a second one is refused at its place, as the operator then reconciles no agent at all. */
export function runtimeConfigurations(estate: ForeignEstate): readonly ForeignDocument[] {
  const known = configurations.get(estate);
  if (known !== undefined) return known;
  const found = [...estate.documents.keys()].filter(
    (document) => document.kind === 'AgentRuntimeConfiguration' && !document.isRefused,
  );
  configurations.set(estate, found);
  for (const document of found.slice(1))
    document.root.at('metadata', 'name').refuse({
      code: 'import.schema',
      message: 'A second AgentRuntimeConfiguration: with two of them the operator reconciles no agent.',
      help: 'Keep one.',
    });
  return found;
}

/** Whether an image is the operator's own template, or what its configuration names in place of one. */
export function isTemplateImage(image: string, estate: ForeignEstate): boolean {
  if (/(^|\/)agent-template-(adk|msaf)(?=[:@]|$)/.test(image)) return true;
  return runtimeConfigurations(estate).some(({ spec }) => {
    const images = spec.get('agentTemplateImages');
    return [images.get('googleAdk').text(), images.get('msaf').text()].includes(image);
  });
}
