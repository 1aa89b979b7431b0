import type { Estate, Report, Sound } from './estate.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { contradiction } from './meaning-report.ts';

/** Reports endpoints and servers whose Gateway passes on something else, speaks another protocol, or has its own key. */
export function gatewayFindings(estate: Estate, report: Report): void {
  for (const kind of ['ModelEndpoint', 'McpServer'] as const) {
    for (const manifest of estate.byKind.get(kind) ?? []) {
      const reference = manifest.references.find((one) => one.kind === 'Gateway');
      const gateway = reference && estate.known.get(reference.address);
      const target = gateway?.content?.manifest;
      if (reference !== undefined && isJsonObject(target)) check(manifest, objectAt(target, 'spec'), report);
    }
  }
}

function check(manifest: Sound, gateway: JsonObject, report: Report): void {
  const spec = objectAt(manifest.content.manifest, 'spec');
  const name = textAt(spec['gatewayRef']);
  const type = manifest.identity.kind === 'ModelEndpoint' ? 'model' : 'tool';
  const at = ['spec', 'gatewayRef'];
  if (gateway['type'] !== type) {
    const message = `\`${name}\` is a gateway for ${textAt(gateway['type'])}s; a ${manifest.identity.kind} goes through one for ${type}s.`;
    return report(manifest, at, { ...contradiction(message, 'Name another Gateway.'), part: 'value' });
  }
  if (type === 'tool') return;
  if (gateway['provider'] !== spec['provider']) {
    const message = `\`${name}\` speaks the protocol of ${textAt(gateway['provider'])}, and the endpoint that of ${textAt(spec['provider'])}.`;
    report(manifest, at, { ...contradiction(message, 'Give both the same `provider`.'), part: 'value' });
  }
  if (gateway['auth'] === undefined || spec['auth'] === undefined) return;
  const message = `\`${name}\` is called with a credential of its own, and the endpoint would send another one.`;
  report(manifest, ['spec', 'auth'], contradiction(message, 'Remove `auth` of one of the two.'));
}

/** Of a manifest whose shape was checked: it is a text. */
function textAt(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
