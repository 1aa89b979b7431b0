import type { BundleModel, BundleTool } from '../manifest/bundle.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Resource } from '../manifest/resource.ts';
import { TerminalError } from '../errors.ts';
import type { Budget } from './authority.ts';
import { type SpecOf, specOf } from './typed.ts';

// What is written and cannot be run yet is refused before a plan is made. Whoever compiles anyway is told here.

/** The one ModelEndpoint that answers for an agent. */
export function modelRefOf(agent: Resource): string {
  const { modelRef } = specOf(agent, 'Agent');
  if (modelRef === undefined) throw notRunnable(agent, 'names no model of its own');
  return modelRef;
}

/** The Tools that an agent lists. */
export function toolRefsOf(agent: Resource): readonly string[] {
  return specOf(agent, 'Agent').tools.map(({ toolRef }) => {
    if (toolRef === undefined) throw notRunnable(agent, 'lists tools of an MCP server');
    return toolRef;
  });
}

export function providerOf(endpoint: Resource): BundleModel['provider'] {
  const { provider } = specOf(endpoint, 'ModelEndpoint');
  if (provider === 'scripted' || provider === 'openaiCompatible') return provider;
  throw notRunnable(endpoint, `is of the provider ${provider}`);
}

export function inputSchemaOf(tool: Resource): JsonObject {
  const { inputSchema } = specOf(tool, 'Tool');
  if (inputSchema === undefined) throw notRunnable(tool, 'leaves its inputSchema to a pin');
  return inputSchema;
}

type HttpTool = Extract<BundleTool['impl'], { readonly type: 'http' }>;

export function authProfileOf(
  tool: Resource,
  auth: NonNullable<SpecOf<'Tool'>['auth']>,
): NonNullable<HttpTool['auth']>['profile'] {
  if (auth.profile === 'oauth2ClientCredentials') throw notRunnable(tool, 'authenticates with OAuth 2.0');
  return auth.profile;
}

/** Accounts are kept for one run. */
export function scopeOf(policy: Pick<Resource, 'address'>, { scope }: { readonly scope: string }): Budget['scope'] {
  if (scope === 'run') return scope;
  throw notRunnable(policy, `has a budget of the scope ${scope}`);
}

/** For the caller to throw, so that the compiler sees where a function ends. */
export function notRunnable(resource: Pick<Resource, 'address'>, what: string): TerminalError {
  return new TerminalError(`${resource.address} ${what}, which this build cannot run.`, {
    code: 'manifest.unsupported',
    help: 'Run `pawl validate`: it lists what is not supported, with its place.',
  });
}
