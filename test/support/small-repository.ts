/** Files of a repository with one agent in one system, right by themselves, that needs no network. */
export const settings =
  'apiVersion: pawl/v1\nenvironments: [{ name: production, branch: main, paths: [agents], apply: auto }]\n';

export function agent(name: string, more = ''): string {
  return `apiVersion: pawl/v1\nkind: Agent\nmetadata: { name: ${name} }\nspec:\n  modelRef: model\n  prompt: Be kind.\n${more}`;
}

export const sound: Readonly<Record<string, string>> = {
  'pawl.yaml': settings,
  'agents/model.yaml':
    'apiVersion: pawl/v1\nkind: ModelEndpoint\nmetadata: { name: model }\nspec: { provider: scripted, model: m, scriptFile: m.script.yaml }\n',
  'agents/m.script.yaml': 'replies: [{ agent: clerk, turns: [{ text: Hello }] }]\n',
  'agents/clerk.yaml': agent('clerk'),
  'agents/desk.yaml':
    'apiVersion: pawl/v1\nkind: AgentSystem\nmetadata: { name: desk }\nspec:\n  graph: { work: { agentRef: clerk } }\n',
};
