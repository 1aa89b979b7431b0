import type { JsonObject } from '../../json.ts';
import type { ForeignDocument } from '../foreign.ts';
import type { ForeignEstate } from '../foreign-estate.ts';
import { serviceUrl } from './cluster-fields.ts';
import { isTemplateImage } from './runtime-configuration.ts';

/** Whether an agent is instruction, model and tools, which a template of the operator runs: pawl's own loop can too. */
export function runsInPawl({ spec }: ForeignDocument, estate: ForeignEstate): boolean {
  const image = spec.get('image').text();
  if (spec.get('framework').text() === 'custom') return false;
  return image === undefined || isTemplateImage(image, estate);
}

/** What the image of an agent may be told by the operator, and not by pawl. */
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
 * Where an agent with an image of its own runs. A container of pawl's is given nothing but what is sent to it; an image
 * that the operator tells more goes on running in the cluster, and pawl calls it there.
 */
export function outsideRuntime({ spec, name, namespace }: ForeignDocument): JsonObject {
  const image = spec.get('image');
  const [protocol] = spec.get('protocols').items();
  // There is no other type than A2A, which is what pawl calls agents by.
  protocol?.get('type').text();
  const port = protocol?.get('port').number() ?? 8000;
  const path = protocol?.get('path').text();
  for (const other of spec.get('protocols').items().slice(1)) other.ignore('One endpoint is enough to call the agent.');
  const needed = told.map((field) => spec.get(field)).filter(({ value }) => hasContent(value));
  for (const node of needed)
    if (!node.field.startsWith('spec.volume'))
      node.ignore('It stays where the agent runs, which pawl calls from outside.');
  if (needed.length === 0)
    return { container: { image: image.text() ?? '', a2a: { port, ...(path === undefined ? {} : { path }) } } };
  const fields = needed.map(({ field }) => `\`${field}\``).join(', ');
  image.flag(
    'import.runs_elsewhere',
    `The image is told more than pawl tells a container (${fields}): the agent goes on running in the cluster, and pawl calls it at its Service.`,
  );
  return { external: { url: serviceUrl({ name, namespace }, { port, path: path ?? '/' }) } };
}

function hasContent(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return !Array.isArray(value) || value.length > 0;
}
