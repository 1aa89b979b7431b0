import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { checkOneUpstream } from './upstream.ts';

/** What the schema and the webhook of the operator say of an Agent beyond single fields. */
export function checkAgentRules({ spec }: ForeignDocument): void {
  const framework = spec.get('framework');
  if (framework.text() === 'custom' && (spec.get('image').text() ?? '') === '')
    framework.refuse({ code: 'import.schema', message: 'An agent of the framework `custom` needs `spec.image`.' });
  for (const tool of spec.get('tools').items())
    checkOneUpstream(tool.get('upstream'), ['toolRouteRef', 'toolServerRef', 'external']);
  for (const subAgent of spec.get('subAgents').items()) checkSubAgent(subAgent);
  checkMounts(spec);
}

function checkSubAgent(subAgent: ForeignNode): void {
  const url = subAgent.get('url');
  if (subAgent.get('agentRef').exists === url.exists)
    return subAgent.refuse({ code: 'import.schema', message: 'Exactly one of `agentRef` and `url` must be set.' });
  const text = url.text();
  if (text === undefined) return;
  if (/^https?:\/\/[^/]/.test(text) && URL.canParse(text)) return;
  url.refuse({ code: 'import.schema', message: `\`${url.field}\` is no URL of HTTP with a host.` });
}

/** Every mount is of a volume, and none lies within another. */
function checkMounts(spec: ForeignNode): void {
  const volumes = new Set(
    spec
      .get('volumes')
      .items()
      .map((volume) => volume.get('name').value),
  );
  const mounts = spec.get('volumeMounts').items();
  const paths = mounts.map((mount) => (mount.get('mountPath').text() ?? '').replace(/\/+$/, ''));
  for (const [index, mount] of mounts.entries()) {
    if (!volumes.has(mount.get('name').value))
      mount.refuse({
        code: 'import.schema',
        message: `\`${mount.field}\` mounts a volume that is not in \`spec.volumes\`.`,
      });
    else if (paths.some((path, other) => other !== index && (paths[index] ?? '').startsWith(`${path}/`)))
      mount.refuse({ code: 'import.schema', message: `\`${mount.field}\` lies within another mount.` });
  }
}
