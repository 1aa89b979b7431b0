import type { BundleVariable } from '../manifest/bundle-world.ts';
import type { IsolatedCommand } from './isolation/isolated.ts';
import type { Secrets } from './secrets.ts';

/** The variables with their values, and the files of those that are mounted. */
export async function environmentOf(
  variables: readonly BundleVariable[],
  secrets: Secrets,
): Promise<Required<Pick<IsolatedCommand, 'env' | 'files'>>> {
  const env: Record<string, string> = {};
  const files: { path: string; content: string }[] = [];
  for (const variable of variables) {
    if ('value' in variable) {
      env[variable.name] = variable.value;
      continue;
    }
    const content = await secrets.resolve(variable.secret);
    env[variable.name] = variable.mountPath ?? content;
    if (variable.mountPath !== undefined) files.push({ path: variable.mountPath, content });
  }
  return { env, files };
}
