/** What a forge holds people to who change a branch, as it says itself at the moment that it is asked. */
export interface BranchProtection {
  /** Every commit that comes to the branch has to be signed. */
  readonly requiresSignatures: boolean;
  /** How many people have to agree to a pull request; 0: the branch may be changed without one. */
  readonly reviews: number;
}

/** What the control loop asks of the place that a repository is kept at. */
export interface Forge {
  /** `owner/name`, as rows about its pull requests have it; absent: nothing is known of them. */
  name?(): string | undefined;
  /** Whether it is to tell of what is pushed, by webhooks; absent: nobody has asked it to. */
  readonly isHeard?: boolean;
  branchProtection(branch: string): Promise<BranchProtection>;
}

/** Whether a hint that names a forge's repository is about this one; where nobody knows its name there, it may be. */
export function mayConcern(forge: Forge | undefined, about: string): boolean {
  if (!about.includes('/')) return false;
  const name = forge?.name?.();
  return name === undefined || name.toLowerCase() === about.toLowerCase();
}
