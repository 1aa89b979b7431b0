import { isJsonList, isJsonObject, type Json } from '../../json.ts';

/** The nodes that steps become, by the names of the steps. */
export type NodeNames = ReadonlyMap<string, string>;

/** A condition, with or without braces around it, as CEL over the nodes. */
export function condition(text: string, names: NodeNames): string {
  const inner = /^\s*\$?\{\{?(.*?)\}?\}\s*$/s.exec(text)?.[1];
  return overNodes((inner ?? text).trim(), names);
}

/** A value whose texts may hold expressions in braces, or be the path of an output and nothing else. */
export function template(value: Json, names: NodeNames): Json {
  if (isJsonList(value)) return value.map((entry) => template(entry, names));
  if (isJsonObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, template(entry, names)]));
  if (typeof value !== 'string') return value;
  if (path.test(value)) return `\${ ${overNodes(value, names)} }`;
  return value.replaceAll(braces, (_, doubled?: string, single?: string) => {
    const expression = (doubled ?? single ?? '').trim();
    return `\${ ${overNodes(expression, names)} }`;
  });
}

const path = /^(steps|input|item)((\.[A-Za-z_][\w-]*)|(\["[^"\\]*"\])|(\[[0-9]+\]))*$/;

/** `{{ … }}` and `${{ … }}`, or `${ … }`. */
const braces = /\$?\{\{(.*?)\}\}|\$\{(.*?)\}/gs;

/** `steps.some-name.output` as `nodes["some-name"].output`. */
function overNodes(expression: string, names: NodeNames): string {
  return expression.replaceAll(
    /(?<![\w.])steps(?:\.([A-Za-z0-9_][\w-]*)|\["([^"\\]*)"\])/g,
    (_, dotted?: string, quoted?: string) => {
      const name = dotted ?? quoted ?? '';
      const node = names.get(name) ?? name;
      return /^[A-Za-z_]\w*$/.test(node) ? `nodes.${node}` : `nodes[${JSON.stringify(node)}]`;
    },
  );
}
