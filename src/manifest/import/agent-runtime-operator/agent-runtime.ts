import type { JsonObject } from '../../json.ts';
import type { ForeignDocument } from '../foreign.ts';
import type { ForeignEstate } from '../foreign-estate.ts';
import { allowedPrivate } from '../private-url.ts';
import { serviceUrl } from './cluster-fields.ts';
import { isTemplateImage } from './runtime-configuration.ts';

/** Whether an agent is instruction, model and tools, which a template of the operator runs: pawl's own loop can too. */
export function runsInPawl({ spec }: ForeignDocument, estate: ForeignEstate): boolean {
  const image = spec.get('image').text();
  if (spec.get('framework').text() === 'custom') return false;
  return image === undefined || isTemplateImage(image, estate);
}

/** What the operator tells the image of an agent. */
const told = [
  'env',
  'envFrom',
  'volumes',
  'volumeMounts',
  'instruction',
  'model',
  'tools',
  'subAgents',
  'aiGatewayRef',
];

/**
 * Where an agent with an image of its own runs: in the cluster, as before, with all that the operator tells it. pawl
 * calls it there and governs the calls.
 */
export function outsideRuntime({ spec, name, namespace }: ForeignDocument): JsonObject {
  const image = spec.get('image');
  image.text();
  const [protocol] = spec.get('protocols').items();
  // There is no other type than A2A, which is what pawl calls agents by.
  protocol?.get('type').text();
  const port = protocol?.get('port').number() ?? 8000;
  const path = protocol?.get('path').text();
  for (const other of spec.get('protocols').items().slice(1)) other.ignore('One endpoint is enough to call the agent.');
  for (const node of told.map((field) => spec.get(field)).filter(({ value }) => hasContent(value)))
    if (!node.field.startsWith('spec.volume'))
      node.ignore('It stays where the agent runs, which pawl calls from outside.');
  const url = serviceUrl({ name, namespace }, { port, path: path ?? '/' });
  image.flag('import.runs_elsewhere', `The agent goes on running in the cluster, and pawl calls it at \`${url}\`.`);
  return { external: { url, allowPrivate: allowedPrivate(image) } };
}

function hasContent(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return !Array.isArray(value) || value.length > 0;
}
