import type { BundleAuth, SecretUse } from './bundle-secret.ts';
import type { BundleGateway } from './bundle-guard.ts';

// What a compiled system says of the programs, modules and servers behind its tools.

/** How strongly something that runs on a worker is kept apart from it, the weakest first but for `wasm`, which is apart. */
export type Tier = 'inline' | 'process' | 'sandbox' | 'container' | 'wasm';

/** What a program or module on a worker is kept from. */
export interface BundleIsolation {
  /** The weakest tier that it may run in. */
  readonly min: Exclude<Tier, 'inline'>;
  /** Bytes. */
  readonly memory?: number;
  readonly cpuTimeMs?: number;
  /** Where it may connect to; absent: nowhere. */
  readonly network?: { readonly hosts: readonly string[]; readonly allowPrivate: boolean };
  readonly filesystem: 'none' | 'readOnly' | 'scratch';
}

/** A variable of a process: in place, from a Secret, or a Secret's value in a file whose path the variable holds. */
export type BundleVariable = { readonly name: string } & (
  | { readonly value: string }
  | { readonly secret: SecretUse; readonly mountPath?: string }
);

/** One McpServer: how it is reached or started, and what its tools were when people looked at them. */
export type BundleServer = {
  readonly startTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Within an hour. */
  readonly maxRestarts: number;
  readonly maxResultBytes: number;
  /** Digests of the definitions that the system uses, by the tool's name at the server; a tool without one is not called. */
  readonly pins: Readonly<Record<string, string>>;
} & (
  | {
      readonly transport: 'http';
      readonly url: string;
      readonly allowPrivate: boolean;
      readonly headers: readonly BundleVariable[];
      readonly auth?: BundleAuth;
      /** Absent: the server itself is called. */
      readonly gateway?: BundleGateway;
    }
  | {
      readonly transport: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: readonly BundleVariable[];
      readonly isolation: BundleIsolation;
    }
  | {
      readonly transport: 'container';
      /** By digest: the lock file's. */
      readonly image: string;
      readonly command?: string;
      readonly args: readonly string[];
      readonly env: readonly BundleVariable[];
      readonly isolation: BundleIsolation;
    }
);

/** What a call of a tool of one of these types does. */
export type BundleWorldTool =
  | {
      readonly type: 'mcp';
      /** `namespace/name` of the McpServer. */
      readonly server: string;
      /** The tool's name at the server. */
      readonly tool: string;
      /** Of the pinned definition, `sha256:…`; absent: it has no pin, and is neither offered nor called. */
      readonly digest?: string;
    }
  | {
      readonly type: 'cli';
      readonly command: string;
      /** `{name}` stands for an argument of the call. */
      readonly args: readonly string[];
      readonly env: readonly BundleVariable[];
      readonly stdin?: string;
      readonly isolation: BundleIsolation;
    }
  | { readonly type: 'code'; readonly source: string; readonly isolation: BundleIsolation }
  | {
      readonly type: 'wasm';
      /** Base64. */
      readonly module: string;
      readonly export: string;
      /** Bytes. */
      readonly memory: number;
      readonly fuel: number;
      readonly isolation: BundleIsolation;
    }
  | {
      readonly type: 'container';
      /** By digest. */
      readonly image: string;
      readonly command?: readonly string[];
      readonly args: readonly string[];
      readonly env: readonly BundleVariable[];
      readonly isolation: BundleIsolation;
    }
  | {
      readonly type: 'a2a';
      /** Of the agent's endpoint, or of its agent card where it ends in `.json`. */
      readonly url: string;
      readonly allowPrivate: boolean;
      readonly auth?: BundleAuth;
      /** The rest of the step is its: what it answers is the answer. */
      readonly transfers?: true;
      /** It is told which step calls it, so that it may remember what it was asked before in it. */
      readonly remembers?: true;
    };
