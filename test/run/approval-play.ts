import type { Bundle, BundleTool } from '../../src/manifest/bundle.ts';
import type { Json } from '../../src/manifest/json.ts';
import type { ApprovalTerms } from '../../src/policy/approval.ts';
import type { Authority } from '../../src/policy/authority.ts';
import { authorityOf, bundleOf } from '../support/runs.ts';

export const rule = 'AgentPolicy/default/careful';
export const terms: ApprovalTerms = { ttlMs: 10_000, fourEyes: true };

/** Every subject's calls of some tools are asked about. */
export function asking(
  bundle: Bundle,
  tools: readonly string[] = ['send'],
  approvals: Readonly<Record<string, ApprovalTerms>> = { [rule]: terms },
): Authority {
  const authority = authorityOf(bundle);
  const asks = Object.keys(approvals).sort();
  const subjects = Object.entries(authority.subjects).map(([address, row]) => {
    const cells = Object.entries(row.tools).map(([tool, verdict]) => [
      tool,
      tools.includes(tool.slice('default/'.length)) && verdict.kind === 'allow'
        ? { kind: 'ask' as const, rule: verdict.rule, asks }
        : verdict,
    ]);
    return [address, { ...row, tools: Object.fromEntries(cells), approvals }] as const;
  });
  return { ...authority, subjects: Object.fromEntries(subjects) };
}

export const send: Partial<BundleTool> = { operations: ['write'] };

/** One agent that asks for the tool `send` in its first turn, and says `sent` or what it was told in its next. */
export function sender(
  calls: readonly Json[] = [{ to: 'ada' }],
  agent: Parameters<typeof bundleOf>[0]['agents'] = {},
): Bundle {
  const turns = [{ toolCalls: calls.map((args) => ({ tool: 'send', arguments: args })) }, { text: 'sent' }] as Json;
  return bundleOf({
    nodes: { write: { agent: 'writer' } },
    agents: { writer: { tools: { send: 'default/send', echo: 'default/echo' } }, ...agent },
    tools: { send },
    replies: [{ agent: 'writer', turns }] as Json,
  });
}

/** One tool node that sends. */
export function sendNode(input: Json = { to: 'ada' }, tool: Partial<BundleTool> = {}): Bundle {
  return bundleOf({ nodes: { send: { tool: 'send', input } }, tools: { send: { ...send, ...tool } } });
}
