import { neutral } from './neutral.ts';

/** A path as it may be printed: nothing a terminal, a log or a CI system would act on. */
export function shownPath(path: string): string {
  const text = neutral(path).replaceAll('::', ':\\u{3a}');
  return text.startsWith('-') ? `./${text}` : text;
}

/** Why no file of this name is read; undefined: it may be. Such names inject lines into logs or options into commands. */
export function nameFault(path: string): string | undefined {
  if (neutral(path) !== path) return 'holds control or invisible characters';
  if (path.includes('::')) return 'holds `::`, which CI systems read as a command';
  if (path.split('/').some((part) => part.startsWith('-'))) return 'has a part that starts with a hyphen';
  return undefined;
}

/** Whether a file of an environment's paths is read as manifests: YAML or JSON, and neither a script nor pawl's own. */
export function isManifestPath(path: string): boolean {
  if (!/\.(ya?ml|json)$/.test(path) || isScriptPath(path)) return false;
  if (path === settingsPath || path === lockPath) return false;
  // Folders of tools (`.github`, `.vscode`) hold YAML and JSON of their own.
  return !path.split('/').some((part) => part.startsWith('.'));
}

export function isScriptPath(path: string): boolean {
  return path.endsWith('.script.yaml');
}

/** At the root of the repository. */
export const settingsPath = 'pawl.yaml';

/** The pins of MCP servers' tools, at the repository's root. */
export const lockPath = 'pawl.lock.yaml';
