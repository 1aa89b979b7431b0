/** A repository as GitHub's API names it. */
export interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
}

/** Reads `owner/name`; undefined where it is none. */
export function repositoryName(text: string): RepositoryName | undefined {
  const [owner, repo, ...more] = text.split('/');
  if (owner === undefined || repo === undefined || more.length > 0) return undefined;
  return /^[A-Za-z0-9-]{1,39}$/.test(owner) && /^[A-Za-z0-9._-]{1,100}$/.test(repo) ? { owner, repo } : undefined;
}

/**
 * What the address of a Git repository says of where it is on GitHub: the last two parts of its path, where its host is
 * the API's own. Undefined: it is elsewhere.
 */
export function repositoryOfAddress(address: string, apiUrl: string): RepositoryName | undefined {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(address);
  const url = scp === null && URL.canParse(address) ? new URL(address) : undefined;
  const [host, path] = scp === null ? [url?.host, url?.pathname] : [scp[1], scp[2]];
  if (host === undefined || path === undefined) return undefined;
  const api = new URL(apiUrl).host;
  if (host !== api && !(api === 'api.github.com' && host === 'github.com')) return undefined;
  const parts = path.split('/').filter((part) => part !== '');
  return repositoryName(
    parts
      .slice(-2)
      .join('/')
      .replace(/\.git$/, ''),
  );
}

/** `owner/name` */
export function fullName({ owner, repo }: RepositoryName): string {
  return `${owner}/${repo}`;
}

/** The address of its Git repository as rows have it, without what addresses may or may not say. */
export function addressOf(repository: RepositoryName, apiUrl: string): string {
  const api = new URL(apiUrl).host;
  return `${api === 'api.github.com' ? 'github.com' : api}/${fullName(repository)}`;
}
