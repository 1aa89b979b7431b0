import { isJsonList } from '../../json.ts';
import type { JsonObject } from '../../json.ts';
import type { ForeignNode } from '../foreign.ts';
import { allowedPrivate } from '../private-url.ts';
import { flagCredentials } from '../credential.ts';

/** An agent of another framework as kagent runs it. */
export interface ImageAgent {
  /** Where the image and what it is told are written. */
  readonly image: ForeignNode;
  /** Where it is called while kagent runs it. */
  readonly url: string;
}

/** What kagent tells the image besides. */
const told = ['cmd', 'args', 'env', 'envFrom', 'workingDir', 'volumes', 'volumeMounts', 'extraContainers'];

/**
 * The `runtime` of an agent of another framework: kagent goes on running the image, with all that it tells it, and pawl
 * calls it there and governs the calls.
 */
export function importedRuntime({ image: block, url }: ImageAgent): JsonObject {
  const image = block.get('image');
  if (image.text() === undefined) {
    const message = `\`${image.field}\` is missing: kagent itself has nothing to run.`;
    image.refuse({ code: 'import.schema', message });
  }
  flagCredentials(block.get('env'));
  for (const node of told.map((field) => block.get(field)).filter(hasContent)) {
    node.json();
    if (!untold.includes(String(node.path.at(-1))))
      node.ignore('It stays where kagent runs the image, which pawl calls from outside.');
  }
  const domains = block.document.spec.at('sandbox', 'network', 'allowedDomains');
  domains.json();
  if (domains.exists) domains.ignore('kagent goes on running the image, and limits it there.');
  image.flag('import.runs_elsewhere', `kagent goes on running the image, and pawl calls it at \`${url}\`.`);
  return { external: { url, allowPrivate: allowedPrivate(image) } };
}

/** Rows of the table ignore these already. */
const untold = ['volumes', 'volumeMounts', 'extraContainers'];

function hasContent({ value, exists }: ForeignNode): boolean {
  return exists && !(isJsonList(value) && value.length === 0);
}
