import type { Identity } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument } from '../foreign.ts';
import { given } from '../given.ts';
import { toolAuth } from './tool-auth.ts';
import { describedAs } from './tool-input.ts';

const identities = new WeakMap<ForeignDocument, Identity>();

/** Whether a Tool of Orloj is an agent elsewhere. */
export function isRemoteAgent(document: ForeignDocument | undefined): boolean {
  return document?.spec.get('type').value === 'a2a';
}

/** The Agent that a tool of type a2a becomes: agents are handed work in pawl, and are no tools. */
export function remoteAgent(document: ForeignDocument, conversion: Conversion): Identity {
  const known = identities.get(document);
  if (known !== undefined) return known;
  const { namespace, name } = conversion.identityOf(document);
  const identity = { kind: 'Agent', namespace, name: conversion.freeName('Agent', namespace, name) } as const;
  identities.set(document, identity);
  return identity;
}

export function convertRemoteAgent(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const node = spec.at('a2a', 'agent_url');
  const url = node.text()?.trim() ?? '';
  if (!/^https?:\/\/[^\s@\\]+$/.test(url)) {
    node.refuse({ message: 'This is no address of HTTP without credentials.', help: 'Write `https://…`.' });
    return;
  }
  const auth = toolAuth(spec.get('auth'), conversion)?.auth;
  for (const field of ['operation_classes', 'risk_level', 'runtime', 'input_schema', 'endpoint']) {
    const part = spec.get(field);
    if (part.exists) part.ignore('pawl hands the agent work, and does not call it as a tool.');
  }
  for (const field of ['mcp_server_ref', 'mcp_tool_name', 'cli', 'wasm'])
    if (spec.get(field).exists) spec.get(field).ignore('A tool of type a2a does not use it.');
  const { labels, annotations } = document;
  const message =
    'An agent elsewhere is handed work in pawl, and is no tool: agents that list it have it in `agents`. Permissions of tools do not reach it.';
  spec.get('type').flag('import.assumed', message);
  conversion.emit(document, {
    ...remoteAgent(document, conversion),
    labels,
    annotations,
    spec: { description: describedAs(document).slice(0, 2000), runtime: { external: given({ url, auth }) } },
  });
}
