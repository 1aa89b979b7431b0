import { isJsonObject } from '../../src/manifest/json.ts';
import type { PinnedTool } from '../../src/manifest/lock.ts';
import { lockText, pinServer } from '../../src/manifest/lock-text.ts';
import { parseDocuments } from '../../src/manifest/document.ts';
import { objectAt } from '../../src/manifest/manifest-reference.ts';
import { resolve } from '../../src/manifest/resolve.ts';
import type { Resolved } from '../../src/manifest/resolved.ts';
import { validate } from '../../src/manifest/validate.ts';

// A server, its lock file and an agent that takes tools of it.

export const server = `apiVersion: pawl/v1
kind: McpServer
metadata: { name: tickets }
spec:
  transport: stdio
  command: npx
  args: ['-y', tickets@1.4.0]
  env: [{ name: TOKEN, secretRef: { name: keys, key: token } }, { name: LEVEL, value: warn }]
`;
export const secret = `apiVersion: pawl/v1
kind: Secret
metadata: { name: keys }
spec: { source: env, keys: { token: PAWL_SECRET_TOKEN } }
`;
export const agent = (tools: string, more = '') => `apiVersion: pawl/v1
kind: Agent
metadata: { name: clerk }
spec:
  modelRef: fast
  prompt: Sort.
  tools:
    - mcpServerRef: tickets
      tools: ${tools}
${more}`;
export const model = `apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: fast }
spec: { provider: openaiCompatible, model: m, baseUrl: 'https://models.example.com/v1' }
`;

export const definition = (description: string): PinnedTool['definition'] => ({
  description,
  inputSchema: { type: 'object' },
});
export const tools = {
  get_issue: definition('Gets one.'),
  get_user: definition('Gets a user.'),
  create_issue: definition('Creates one.'),
  delete_issue: definition('Deletes one.'),
};

/** The lock file of the server as it is declared in `text`. */
export function lockOf(text: string, offered: Readonly<Record<string, PinnedTool['definition']>> = tools): string {
  const [document] = parseDocuments({ path: 'a.yaml', bytes: Buffer.from(text) }).documents;
  const spec = isJsonObject(document?.value) ? objectAt(document.value, 'spec') : {};
  const now = new Date('2026-08-01T12:00:00Z');
  return lockText(pinServer(undefined, { server: 'default/tickets', spec, tools: offered, now, version: '0.1.0' }));
}

interface Given {
  readonly lock?: string | undefined;
  readonly server?: string;
  readonly agent?: string;
}

export function resolved(given: Given = {}): Resolved {
  const files: Record<string, string> = {
    'agent.yaml': given.agent ?? agent('[get_issue]'),
    'model.yaml': model,
    'secret.yaml': secret,
    'server.yaml': given.server ?? server,
  };
  const manifests = Object.entries(files).flatMap(([path, text]) =>
    parseDocuments({ path, bytes: Buffer.from(text) }).documents.map(validate),
  );
  const lock = 'lock' in given ? given.lock : lockOf(given.server ?? server);
  return resolve(manifests, new Map(lock === undefined ? [] : [['pawl.lock.yaml', Buffer.from(lock)]]), {});
}
