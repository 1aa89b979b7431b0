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
  if (type === 'tool') return checkServer(manifest, gateway, report);
  if (gateway['provider'] !== spec['provider']) {
    const message = `\`${name}\` speaks the protocol of ${textAt(gateway['provider'])}, and the endpoint that of ${textAt(spec['provider'])}.`;
    report(manifest, at, { ...contradiction(message, 'Give both the same `provider`.'), part: 'value' });
  }
  if (gateway['auth'] === undefined || spec['auth'] === undefined) return;
  const message = `\`${name}\` is called with a credential of its own, and the endpoint would send another one.`;
  report(manifest, ['spec', 'auth'], contradiction(message, 'Remove `auth` of one of the two.'));
}

/** A gateway has an address of its own for each server behind it: that is the one that calls go to. */
function checkServer(manifest: Sound, gateway: JsonObject, report: Report): void {
  const spec = objectAt(manifest.content.manifest, 'spec');
  const name = textAt(spec['gatewayRef']);
  if (!isUnder(textAt(spec['url']), textAt(gateway['url']))) {
    const message = `The address is none of \`${name}\`, so that calls would not go through it.`;
    const help = 'Write the address that the gateway has for the server: it begins with the `url` of the Gateway.';
    report(manifest, ['spec', 'url'], { ...contradiction(message, help), part: 'value' });
  }
  if (gateway['auth'] === undefined || spec['auth'] === undefined) return;
  const message = `\`${name}\` is called with a credential of its own, and the server would be sent another one.`;
  report(manifest, ['spec', 'auth'], contradiction(message, 'Remove `auth` of one of the two.'));
}

function isUnder(url: string, base: string): boolean {
  if (!URL.canParse(url) || !URL.canParse(base)) return false;
  const [inner, outer] = [new URL(url), new URL(base)];
  const path = outer.pathname.replace(/\/+$/, '');
  return inner.origin === outer.origin && (inner.pathname === path || inner.pathname.startsWith(`${path}/`));
}

/** Of a manifest whose shape was checked: it is a text. */
function textAt(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
