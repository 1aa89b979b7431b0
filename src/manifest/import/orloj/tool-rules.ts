import type { ForeignDocument, ForeignNode } from '../foreign.ts';

/** What Orloj demands of a Tool beyond single fields. */
export function toolRules({ spec }: ForeignDocument): void {
  const type = spec.get('type').value ?? 'http';
  if (type === 'mcp') {
    for (const field of ['mcp_server_ref', 'mcp_tool_name'])
      if (isEmpty(spec.get(field))) missing(spec.get('type'), `A tool of type mcp needs \`${field}\`.`);
  }
  if (type === 'a2a' && isEmpty(spec.at('a2a', 'agent_url')))
    missing(spec.get('type'), 'A tool of type a2a needs `a2a.agent_url`.');
  if (type === 'cli') cliRules(spec);
  authRules(spec);
}

function cliRules(spec: ForeignNode): void {
  const cli = spec.get('cli');
  if (isEmpty(cli.get('command'))) missing(spec.get('type'), 'A tool of type cli needs `cli.command`.');
  const mode = spec.at('runtime', 'isolation_mode').value ?? 'container';
  if (mode !== 'none' && isEmpty(cli.get('image')))
    missing(cli, 'A tool of type cli needs an `image`, unless `runtime.isolation_mode` is `none`.');
  if (spec.get('auth').exists)
    missing(spec.get('auth'), 'A tool of type cli has no `auth`: it gets secrets by `env_from`.');
}

function authRules(spec: ForeignNode): void {
  const auth = spec.get('auth');
  const profile = auth.get('profile').value;
  if (profile === undefined || profile === null) return;
  if (isEmpty(auth.get('secretRef'))) missing(auth, 'A profile needs a `secretRef`.');
  if (profile === 'api_key_header' && isEmpty(auth.get('headerName')))
    missing(auth, 'The profile `api_key_header` needs a `headerName`.');
  if (profile === 'oauth2_client_credentials' && isEmpty(auth.get('tokenURL')))
    missing(auth, 'The profile `oauth2_client_credentials` needs a `tokenURL`.');
}

function isEmpty({ value }: ForeignNode): boolean {
  return typeof value !== 'string' || value.trim() === '';
}

function missing(node: ForeignNode, message: string): void {
  node.refuse({ code: 'import.schema', message });
}
