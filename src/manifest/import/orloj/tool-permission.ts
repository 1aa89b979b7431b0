import type { Json } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { mapped } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { governanceOf, ruleOf, type ToolRule, verdictOn } from './governance.ts';
import { referToTool } from './tool-reference.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';
import { sameName } from './orloj-name.ts';
import { permissionNames } from './permission-token.ts';

/** What calls of a tool need, and what people or nobody may let pass. */
export const toolPermission: ForeignKind = {
  kind: 'ToolPermission',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.tool_ref': mapped('string', '`ToolPermission.spec.toolRef`; the name of the document where it is not said'),
    'spec.action': mapped('string', 'part of the permission that is required where none is written'),
    'spec.required_permissions[]': mapped('string', '`ToolPermission.spec.required`'),
    'spec.match_mode': mapped({ type: 'string', enum: ['all', 'any'] }, '`ToolPermission.spec.match`'),
    'spec.apply_mode': mapped(
      { type: 'string', enum: ['global', 'scoped'] },
      '`ToolPermission.spec.global`, or `agents`',
    ),
    'spec.target_agents[]': mapped('string', '`ToolPermission.spec.agents`'),
    'spec.operation_rules[].operation_class': mapped(
      { type: 'string', enum: ['read', 'write', 'delete', 'admin', '*'] },
      '`ToolPermission.spec.rules[].operation`; `*` holds for every operation that no other rule names',
    ),
    'spec.operation_rules[].verdict': mapped(
      { type: 'string', enum: ['allow', 'deny', 'approval_required'] },
      '`ToolPermission.spec.rules[].verdict`',
    ),
  },
  rules({ spec }) {
    const targets = spec.get('target_agents');
    if (spec.get('apply_mode').value !== 'scoped' || targets.items().length > 0) return;
    spec.get('apply_mode').refuse({ code: 'import.schema', message: 'A scoped ToolPermission needs `target_agents`.' });
  },
  fate: { fate: 'mapped', becomes: 'ToolPermission', convert },
};

const operations = ['read', 'write', 'delete', 'execute', 'admin'] as const;

function convert(document: ForeignDocument, conversion: Conversion): void {
  const rule = ruleOf(document);
  markRead(document);
  const { texts, any } = requiredOf(rule, conversion);
  const rules = operations.flatMap((operation): Json[] => {
    const verdict = verdictOn(rule, operation);
    return verdict === 'allow' ? [] : [{ operation, verdict: verdict === 'deny' ? 'deny' : 'ask' }];
  });
  const asks = rules.some((one) => JSON.stringify(one).includes('"ask"'));
  if (asks)
    document.spec
      .get('operation_rules')
      .flag(
        'import.stricter',
        'Whoever may write could approve in Orloj, their own runs too. Here it takes somebody with the role `approver` who neither submitted the run nor wrote what it runs.',
      );
  const scope = scopeOf(document, conversion);
  conversion.become(
    document,
    given({
      toolRef: referToTool(toolNode(document), rule.toolRef, conversion),
      required: texts.length === 0 ? undefined : [...texts],
      match: any && texts.length > 1 ? 'any' : undefined,
      ...scope,
      rules: rules.length === 0 ? undefined : rules,
      approval: asks ? { ttl: '10m' } : undefined,
    }),
  );
}

/** What a rule asks for, in permissions of pawl as its own namespace writes them. */
export function requiredOf(
  rule: ToolRule,
  conversion: Pick<Conversion, 'estate'>,
): { readonly texts: readonly string[]; readonly any: boolean } {
  const { document } = rule;
  const tokens = governanceOf(conversion.estate).requiredTokens(rule);
  const known = permissionNames(conversion);
  const texts = tokens.map((token) => known.required(token, document.namespace));
  return { texts: [...new Set(texts)].sort(), any: rule.any };
}

function scopeOf(document: ForeignDocument, conversion: Conversion): Readonly<Record<string, Json>> {
  const { spec } = document;
  if (spec.get('apply_mode').value !== 'scoped') return { global: true };
  const { agents } = governanceOf(conversion.estate);
  const names = spec.get('target_agents').items();
  const found = names.flatMap((node) => {
    const target = node.text()?.trim() ?? '';
    if (target === '') return [];
    const agent = agents.find(({ namespace, name }) => namespace === document.namespace && sameName(name, target));
    return conversion.refer(node, { kinds: ['Agent'], name: agent?.name ?? target, as: 'Agent' });
  });
  return { agents: [...new Set(found)] };
}

/** Where the tool is named; the name of the document stands for it where it is not. */
function toolNode(document: ForeignDocument): ForeignNode {
  const node = document.spec.get('tool_ref');
  return node.exists ? node : document.root.at('metadata', 'name');
}

function markRead({ spec }: ForeignDocument): void {
  for (const field of ['tool_ref', 'action', 'required_permissions', 'match_mode', 'apply_mode'])
    spec.get(field).json();
  spec.get('target_agents').json();
  spec.get('operation_rules').json();
}
