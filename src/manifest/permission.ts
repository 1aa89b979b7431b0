import { qualify } from './reference.ts';

/**
 * `tool:<name>:<operation>` with the name qualified by the namespace it was written in: a role speaks of the tools of
 * its own namespace, so that nobody is granted another team's tool by a role that names one of its own the same.
 */
export function permissionParts(text: string, namespace: string): readonly string[] {
  const [kind = '', name = '', ...rest] = text.split(':');
  return [kind, kind === 'tool' && name !== '*' ? qualify(name, namespace) : name, ...rest];
}
