import { isJsonList } from '../../json.ts';
import type { JsonObject } from '../../json.ts';
import type { ForeignNode } from '../foreign.ts';
import { flagCredentials } from '../credential.ts';

/** An agent of another framework as kagent runs it. */
export interface ImageAgent {
  /** Where the image and what it is told are written. */
  readonly image: ForeignNode;
  /** Where the image serves A2A. */
  readonly port: number;
  /** Where it is called while kagent runs it. */
  readonly url: string;
}

/** What pawl cannot tell an image that it starts. */
const told = ['cmd', 'args', 'env', 'envFrom', 'workingDir', 'volumes', 'volumeMounts', 'extraContainers'];

/**
 * The `runtime` of an agent of another framework. pawl starts the image where the image is all there is to it; an image
 * that is told more stays where kagent runs it, and is called there.
 */
export function importedRuntime(agent: ImageAgent): JsonObject {
  const { image: block, port, url } = agent;
  const image = block.get('image');
  const written = image.text();
  if (written === undefined) {
    const message = `\`${image.field}\` is missing: kagent itself has nothing to run.`;
    image.refuse({ code: 'import.schema', message });
  }
  flagCredentials(block.get('env'));
  const needed = told.map((field) => block.get(field)).filter(hasContent);
  for (const node of needed) {
    node.json();
    if (!untold.includes(String(node.path.at(-1))))
      node.ignore('It stays where kagent runs the image, which pawl calls from outside.');
  }
  limitNetwork(block.document.spec.at('sandbox', 'network', 'allowedDomains'), needed.length > 0);
  if (needed.length === 0) return { container: { image: written ?? '', a2a: { port } } };
  const fields = needed.map(({ field }) => `\`${field}\``).join(', ');
  image.flag(
    'import.runs_elsewhere',
    `The image is told more than pawl tells a container (${fields}): kagent goes on running it, and pawl calls it at \`${url}\`.`,
  );
  return { external: { url } };
}

/** Rows of the table ignore these already. */
const untold = ['volumes', 'volumeMounts', 'extraContainers'];

/** What restricts where an image connects to is kept by kagent alone. */
function limitNetwork(domains: ForeignNode, isKept: boolean): void {
  domains.json();
  if (!domains.exists) return;
  if (isKept) return domains.ignore('kagent goes on running the image, and limits it there.');
  domains.refuse({
    message: 'It limits where the image may connect to, and pawl cannot limit that.',
    help: 'Run the image where that is limited, name it with `runtime.external`, and remove it here.',
  });
}

function hasContent({ value, exists }: ForeignNode): boolean {
  return exists && !(isJsonList(value) && value.length === 0);
}
