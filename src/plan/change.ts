import type { Bundle } from '../manifest/bundle.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import type { Problem } from '../manifest/problem.ts';
import type { Address, Kind, Place } from '../manifest/resource.ts';
import type { Authority } from '../policy/authority.ts';
import type { AccessChanges } from './access.ts';
import type { Beside } from './beside.ts';
import type { GuardRefusal } from './guard.ts';
import type { TextLine } from './lines.ts';
import type { Override } from './override.ts';
import type { Withdrawn } from './quarantine.ts';
import type { Risk } from './risk.ts';
import type { Approvers, Rules } from '../manifest/rules.ts';
import type { Sections } from './section.ts';

/** The rows now in force in one environment, as a plan needs them. Read by `store/live.ts`. */
export interface Live {
  readonly environment: string;
  readonly lineage: string;
  /** 0: nothing was ever applied. */
  readonly revision: number;
  readonly root: string;
  readonly writes: number;
  readonly commit: string | undefined;
  /** Counts changes of the quarantine; absent: it was not looked at. */
  readonly quarantineWrites?: number;
  /** Something is in quarantine; absent: it was not looked at. */
  readonly isQuarantined?: boolean;
  /** Every address that is in the heads or in the current revision's history. */
  readonly heads: ReadonlyMap<Address, Head>;
  /** Current bundle digest by `namespace/name` of the AgentSystem. */
  readonly bundles: ReadonlyMap<string, string>;
  /** Of the commit that was last applied; undefined: none was, or by a build that kept no rules. */
  readonly rules: Rules | undefined;
}

export interface Head {
  readonly address: Address;
  readonly generation: number;
  /** What the last applied revision says; undefined: not in it (a row somebody added by hand). */
  readonly applied: string | undefined;
  /** Digest of the body now in the row; undefined: the row is gone. */
  readonly live: string | undefined;
  readonly file: string;
  readonly line: number;
  readonly touched: { readonly at: string; readonly by: string } | undefined;
}

/** Bodies by digest, for the addresses whose digests differ: `bodiesNeeded(snapshot, live)` says which. */
export type Bodies = ReadonlyMap<string, JsonObject>;

export type FieldAction = 'create' | 'update' | 'delete';

/** `move`: a resource goes on under another name, as `metadata.renamedFrom` says; its content may change with it. */
export type Action = FieldAction | 'move';

/**
 * Three-way class of a difference. `pending`: Git moved. `outOfBand`: live moved. `converged`: both moved to the
 * same. `conflict`: both moved apart. `missing`: live lost it. `orphan`: live holds what no revision has.
 * `recompiled`: as written before, and another build of pawl fills in something else.
 */
export type ChangeClass = 'pending' | 'outOfBand' | 'converged' | 'conflict' | 'missing' | 'orphan' | 'recompiled';

export interface Change {
  readonly address: Address;
  /** Of a move: where it is live until the plan is applied. `precondition` and `before` are of that address. */
  readonly previousAddress?: Address;
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly action: Action;
  readonly class: ChangeClass;
  /** Where the target says so; for a delete, where it last stood. */
  readonly place: Place;
  /** What apply must find: the generation of the head, or nothing. */
  readonly precondition: number | 'absent';
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
  readonly beforeDigest: string | undefined;
  readonly afterDigest: string | undefined;
  /** Digest of what authors wrote of `after`, kept with the revision; absent where that is not known. */
  readonly written?: string;
  /** Who wrote the row when it was not apply, and when; absent where nobody did, or did it past the triggers. */
  readonly touched?: Head['touched'];
  readonly fields: readonly FieldChange[];
  /** JSON pointers into `before` and `after` of values that no rendering may show. */
  readonly sensitive: readonly string[];
  /** Leaf fields that stay as they are, hidden in text. */
  readonly unchanged: number;
  /** e.g. `because agents/old.yaml no longer declares it`. */
  readonly reason: string | undefined;
  /** Where the plan is a revert: the older revision that had exactly this content here; absent: none had. */
  readonly returnsTo?: number;
}

/** One attribute line: lists of named things are matched by key, prompts by line. */
export interface FieldChange {
  /** e.g. `spec.limits.maxSteps`, `spec.tools["search"]`, `spec.graph.draft.edges["review"].when`. */
  readonly path: string;
  readonly action: FieldAction;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  /** Value must never be shown; `before` and `after` are undefined then. */
  readonly sensitive: boolean;
  /** For multi-line text: the diff's lines, context included. */
  readonly lines?: readonly TextLine[];
  /** Lines too long to compare were split at the ends of sentences, so `lines` are not the text's own lines. */
  readonly split?: boolean;
}

/** A system whose compiled content changes. */
export interface SystemBundle {
  readonly system: string;
  readonly digest: string;
  readonly content: Bundle;
  readonly authority: Authority;
  /** The target's manifest of it declares a rollout. */
  readonly isRolledOut?: true;
}

/** How many resources a plan changes, by what becomes of them. */
export interface Summary {
  readonly add: number;
  readonly change: number;
  /** Orphans among them. */
  readonly remove: number;
  readonly move: number;
  /** In the rows already, and now in Git too: recorded, not added. */
  readonly adopt: number;
  /** Of those that are removed: rows that no revision has. */
  readonly orphan: number;
}

export interface Plan {
  /** SHA-256 over environment, lineage, preconditions, changes and schema digest; nothing that varies by the hour. */
  readonly digest: string;
  readonly environment: string;
  readonly lineage: string;
  readonly base: {
    readonly revision: number;
    readonly root: string;
    /** Set where it was not compared with what is live but with this commit. */
    readonly commit?: string;
  };
  readonly target: {
    /** The environment's branch. */
    readonly branch: string;
    readonly commit: string;
    readonly tree: string;
    readonly root: string;
    readonly subject: string;
    /** Set where the target is not read from Git but is what this revision of the store holds: a rollback. */
    readonly stored?: number;
  };
  readonly schemaDigest: string;
  /** In address order by kind; what apply will write. */
  readonly changes: readonly Change[];
  /** What live holds that the last applied revision does not say. */
  readonly drift: readonly Change[];
  readonly summary: Summary;
  /** What this build of pawl makes otherwise of what no author changed; neither is in the summary. */
  readonly recompiled: { readonly resources: readonly Address[]; readonly systems: readonly string[] };
  /** Set when the target's content of the changed resources equals an older revision's. */
  readonly revert: { readonly revision: number; readonly returned: number; readonly of: number } | undefined;
  readonly bundles: readonly SystemBundle[];
  readonly removedSystems: readonly string[];
  readonly access: AccessChanges;
  readonly sections: Sections;
  /** By class, then id. */
  readonly risks: readonly Risk[];
  /** What hands hold over what Git says, in force once this is applied; absent: nothing. Their ids are in the digest. */
  readonly overrides?: readonly Override[];
  /** What the target holds that a rollback withdrew: not empty, the plan is held; outside the digest. */
  readonly quarantined?: readonly Withdrawn[];
  /** What keeps the commit from going live whoever agrees to it; absent: nothing, or nobody looked; outside the digest. */
  readonly held?: { readonly code: string; readonly message: string };
  /** What refuses this plan until it is acknowledged by digest; outside the digest. */
  readonly guards: readonly GuardRefusal[];
  /** Who may acknowledge a guard, by the rules that judged. */
  readonly guardApprovers: Approvers;
  /** Digest of the rules that judged it. */
  readonly rulesDigest: string;
  /** Digest of the prices of the target's ModelEndpoints. */
  readonly priceDigest: string;
  /** What the target's own `pawl.yaml` says: kept by apply, to judge the next plan. */
  readonly targetRules: Rules;
  /** What varies by the hour, where somebody asked for it. */
  readonly beside?: Beside;
  /** Errors here mean the plan can never be applied. */
  readonly problems: readonly Problem[];
}
