/** The path of the n-th request for embeddings that a tool call makes, from 1: `talk/1.2.embed1`. */
export function embeddingPath(call: string, number: number): string {
  return `${call}.embed${number}`;
}

/** The path of the tool call that a request for embeddings is a part of, without an attempt. */
export function toolOfEmbedding(path: string): string {
  return path.replace(/\.embed\d+$/, '');
}

/** Whether a journalled model call embedded texts for a tool call: a part of that, and no turn of its step. */
export function isEmbedding(path: string): boolean {
  return /\.embed\d+(?:~\d+)?$/.test(path);
}
