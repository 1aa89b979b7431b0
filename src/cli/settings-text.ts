/** What every pawl.yaml begins with that pawl writes. */
export const settingsHead = `# Which branch and which folders are live as which environment.
apiVersion: pawl/v1
`;

export const ignoreText = '# The embedded database and what else pawl keeps here.\n.pawl/\n';

/** A name or a path as YAML takes it for a text: what begins with a digit, and words with a meaning, are quoted. */
export function plain(text: string): string {
  const isPlain = /^[A-Za-z][\w./-]*$/u.test(text) && !/^(?:y|n|yes|no|on|off|true|false|null)$/iu.test(text);
  return isPlain ? text : JSON.stringify(text);
}
