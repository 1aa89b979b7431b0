/** The head of a document of Orloj in the namespace `desk`. */
export function orlojHead(kind: string, name: string): string {
  return `apiVersion: orloj.dev/v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: desk }\n`;
}

export const localModel = `${orlojHead('ModelEndpoint', 'local')}spec: { provider: ollama, default_model: small }\n`;

/** An agent with a prompt and limits of its own, so that nothing has to be assumed. */
export function orlojAgent(name: string, more = ''): string {
  return `${orlojHead('Agent', name)}spec: { model_ref: local, prompt: Work., limits: { max_steps: 3, timeout: 1m }${more} }\n`;
}

export function documents(...texts: readonly string[]): string {
  return texts.join('---\n');
}
