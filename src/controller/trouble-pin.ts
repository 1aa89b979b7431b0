import { digest } from '../manifest/digest.ts';
import { type LookedTool, pinLookText } from '../policy/pin-look.ts';
import type { PinFact } from '../store/server-look.ts';
import { findingsMax, type Trouble } from './alert.ts';
import { content } from './alert-content.ts';

const happened: Readonly<Record<LookedTool['state'], string>> = {
  same: 'is as it was pinned',
  changed: 'has another definition than the pin: calls of it are refused',
  added: 'is new: nobody is offered it',
  removed: 'is not there any more: calls of it fail',
  unusable: 'is defined in a way that nothing can pin: calls of it fail',
};

/** A server offers something else than people looked at. Names alone are told: what it says now is not for people's eyes. */
export function pinTrouble(environment: string, fact: PinFact): Trouble {
  const { server, tools, fingerprint, standing, since } = fact;
  return {
    key: `pins/${server}`,
    fingerprint: digest(['pins', server, fingerprint]),
    severity: 'warning',
    topic: 'security',
    since: new Date(since),
    holdMs: 0,
    content: {
      ...content('pins', `The tools of McpServer/${server} in ${environment} are not as they were pinned`, {
        text: `${pinLookText(fact)}. A tool that is not as it was pinned is not called.`,
        reason: standing === 'identity' ? 'mcp.identity_mismatch' : 'tool.pin_mismatch',
        found: tools.slice(0, findingsMax).map(({ name, state }) => ({ what: name, how: happened[state], at: since })),
        ways: [
          { text: 'Look at what it says now', command: `pawl mcp diff ${server} --env ${environment}` },
          {
            text: 'If it is right, pin it in a pull request',
            command: `pawl mcp pin ${server} --pull-request --env ${environment}`,
          },
          { text: 'If it is not, stop the server', command: `pawl halt server/${server} --reason "its tools changed"` },
        ],
        path: `/v1/environments/${environment}/pins`,
      }),
      more: Math.max(0, tools.length - findingsMax),
    },
  };
}
