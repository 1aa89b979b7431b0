import { isJsonList, isJsonObject, type Json, own } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';

/** What a pull request is wanted for: its files and text are made of this, again whenever what they come from moves. */
export type ProposalRequest =
  | {
      readonly kind: 'accept-drift';
      readonly environment: string;
      /** None: all that has drifted. */
      readonly addresses: readonly Address[];
      readonly overManifest: boolean;
    }
  | {
      readonly kind: 'revert';
      readonly environment: string;
      /** The revision that the rollback made. */
      readonly revision: number;
    }
  | {
      readonly kind: 'promote';
      /** Where it is written. */
      readonly environment: string;
      /** Whose live revision is written there. */
      readonly from: string;
      /** None: all that it owns. */
      readonly only: readonly Address[];
      /** Also what nothing there has run. */
      readonly withoutProof: boolean;
      /** The one that was live there when it was asked for. */
      readonly revision: number;
    }
  | { readonly kind: 'tighten'; readonly environment: string; readonly days: number }
  /** `server`: `namespace/name` of the McpServer whose tools are pinned as workers found them. */
  | { readonly kind: 'pin'; readonly environment: string; readonly server: string };

/** What one is about, within its kind: two of the same environment, kind and subject are one. */
export function subjectOf(request: ProposalRequest): string {
  switch (request.kind) {
    case 'promote':
      return request.from;
    case 'pin':
      return request.server;
    case 'revert':
    case 'accept-drift':
    case 'tighten':
      return '';
  }
}

/** Reads a row's request back; undefined: another build of pawl wrote it. */
export function requestFrom(json: Json): ProposalRequest | undefined {
  if (!isJsonObject(json)) return undefined;
  const environment = own(json, 'environment');
  if (typeof environment !== 'string') return undefined;
  const [revision, days, from, server] = ['revision', 'days', 'from', 'server'].map((name) => own(json, name));
  switch (own(json, 'kind')) {
    case 'accept-drift': {
      const addresses = textsIn(own(json, 'addresses'));
      return { kind: 'accept-drift', environment, addresses, overManifest: own(json, 'overManifest') === true };
    }
    case 'revert':
      return typeof revision === 'number' ? { kind: 'revert', environment, revision } : undefined;
    case 'promote': {
      if (typeof from !== 'string' || typeof revision !== 'number') return undefined;
      const [only, withoutProof] = [textsIn(own(json, 'only')), own(json, 'withoutProof') === true];
      return { kind: 'promote', environment, from, only, withoutProof, revision };
    }
    case 'tighten':
      return typeof days === 'number' ? { kind: 'tighten', environment, days } : undefined;
    case 'pin':
      return typeof server === 'string' ? { kind: 'pin', environment, server } : undefined;
    default:
      return undefined;
  }
}

function textsIn(json: Json | undefined): readonly string[] {
  return json !== undefined && isJsonList(json) ? json.filter((one) => typeof one === 'string') : [];
}
