import { onTestFinished } from 'vitest';
import type { BundleTool } from '../../../src/manifest/bundle.ts';
import type { RemoteTask } from '../../../src/tools/a2a/remote-task.ts';
import { callTool } from '../../../src/tools/call.ts';
import type { ToolOutcome } from '../../../src/tools/tool.ts';
import { startA2aServer, type Version } from '../../support/a2a-server.ts';
import { optionsWith } from '../fixture.ts';

export async function agent(...answer: Parameters<typeof startA2aServer>) {
  const server = await startA2aServer(...answer);
  onTestFinished(() => server.close());
  return { ...server, host: new URL(server.url).host };
}

type External = Extract<BundleTool['impl'], { type: 'a2a' }>;

export function toolAt(url: string, change: Partial<External> = {}, timeoutMs = 10_000): BundleTool {
  return {
    name: 'a2a',
    description: 'An agent elsewhere.',
    inputSchema: {},
    operations: ['write'],
    idempotent: false,
    timeoutMs,
    maxResultBytes: 65_536,
    costPerCall: 0,
    impl: { type: 'a2a', url, allowPrivate: true, ...change },
  };
}

interface Kept extends RemoteTask {
  readonly ids: string[];
}

export function keeping(change: Partial<RemoteTask> = {}): Kept {
  const ids: string[] = [];
  return {
    ids,
    message: 'run|lead/1',
    context: 'run|lead',
    known: undefined,
    begun: ({ id }) => Promise.resolve(void ids.push(id)),
    leaves: () => false,
    ...change,
  };
}

export const call = (tool: BundleTool, change: Parameters<typeof optionsWith>[0] = {}): Promise<ToolOutcome> =>
  callTool(tool, { task: 'Look it up.' }, optionsWith(change));

export const versions: readonly Version[] = ['1.0', '0.3'];
