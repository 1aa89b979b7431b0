/** What the doors ask of pull requests that pawl opens. */
export interface ProposalOperations {
  /** What a pull request would hold; nothing is opened, and no forge is needed. */
  previewProposal(wish: ProposalWish): Promise<ProposedRecord>;
  /** Has it opened, or the one that is open brought up to date. `proposal.no_forge` where there is no way to GitHub. */
  propose(wish: ProposalWish): Promise<ProposedRecord>;
  /** The newest first. */
  proposals(environment: string): Promise<readonly ProposalRecord[]>;
}

export type ProposalWish =
  | {
      readonly kind: 'accept-drift';
      readonly environment: string;
      readonly addresses: readonly string[];
      readonly overManifest: boolean;
    }
  | {
      readonly kind: 'promote';
      readonly environment: string;
      readonly from: string;
      readonly only: readonly string[];
      readonly withoutProof: boolean;
    }
  | { readonly kind: 'tighten'; readonly environment: string; readonly days: number }
  /** `server`: `namespace/name` of an McpServer. */
  | { readonly kind: 'pin'; readonly environment: string; readonly server: string };

export interface ProposedRecord {
  readonly environment: string;
  readonly kind: string;
  /** `wanted`: it is opened or brought up to date next; `preview`: nobody asked for it. */
  readonly state: 'wanted' | 'preview';
  /** Where pawl pushes it, and the branch that it is to be merged into. */
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  readonly files: readonly ProposedFile[];
}

/** Absent before: it is new. Absent after: it goes. */
export interface ProposedFile {
  readonly path: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

export interface ProposalRecord {
  readonly environment: string;
  readonly kind: string;
  readonly subject: string;
  /** `owner/name` on the forge, and the number there once it is open. */
  readonly repository: string;
  readonly number: number | undefined;
  readonly branch: string;
  readonly state: 'wanted' | 'open' | 'merged' | 'closed';
  readonly askedBy: string;
  readonly askedAt: string;
  /** Why it is closed, or waits. */
  readonly reason: string | undefined;
}
