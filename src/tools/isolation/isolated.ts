import type { Readable, Writable } from 'node:stream';
import type { BundleIsolation, Tier } from '../../manifest/bundle-world.ts';
import type { Network } from '../connect.ts';
import type { HostUse } from '../egress-proxy.ts';

/** A program that is to run apart from the worker. */
export interface IsolatedCommand {
  /** The program first: a name on the worker's path, or an absolute path. */
  readonly argv: readonly string[];
  /** All that the program finds in its environment, beside a path, a home and a language. Values are resolved already. */
  readonly env: Readonly<Record<string, string>>;
  readonly isolation: BundleIsolation;
  /** Files that only this program sees: mounted secrets. */
  readonly files?: readonly MountedFile[];
  readonly tier: Tier;
  /** Only of the tier `container`. */
  readonly container?: ContainerStart;
}

export interface ContainerStart {
  /** By digest. */
  readonly image: string;
  /** Whether `argv` are arguments of the image's own entry point; absent: they are. */
  readonly ownEntryPoint?: boolean;
  /** Folders of the machine that it may read, at the same place. */
  readonly mounts?: readonly string[];
}

export interface MountedFile {
  /** Absolute. */
  readonly path: string;
  readonly content: string;
}

export interface IsolationOptions {
  readonly host: IsolationHost;
  /** Lists of hosts of policies: the program connects only where each of them says. */
  readonly egress?: readonly (readonly string[])[] | undefined;
  /** Absent: the machine's own resolver. */
  readonly network?: Network | undefined;
  readonly reached?: Reached | undefined;
  /** Asked right before the program starts; absent: it may. */
  readonly mayStart?: (() => boolean) | undefined;
  /** Aborts when the call is given up: then nothing starts any more. What runs is ended by `kill`. */
  readonly signal?: AbortSignal | undefined;
}

/** Told where a program connected to and tried to, when it has ended. */
export type Reached = (program: string, hosts: readonly HostUse[]) => void;

/** What a worker has for programs. */
export interface Isolation {
  /** What its self-test proved. */
  readonly tiers: readonly Tier[];
  /** Why it does not offer others. */
  readonly withheld?: Readonly<Partial<Record<Tier, string>>>;
  readonly host: IsolationHost;
  readonly reached?: Reached;
}

/** What the operator of a worker says of its programs. */
export interface IsolationHost {
  /** Folders in which a program without a path is looked for. */
  readonly path: readonly string[];
  /** Folders beside the system's own that programs may read. */
  readonly readable: readonly string[];
}

/** How a program came to its end. */
export interface IsolatedExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Which limit ended it; `start`: it never began, and its error output says why. */
  readonly cause?: 'memory' | 'cpu' | 'start';
}

export interface IsolatedProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<IsolatedExit>;
  /** Ends the program and whatever it started. Resolves when they are gone, or after some seconds. */
  readonly kill: () => Promise<void>;
  /** Where it connected to so far, and tried to; absent: it has no network. */
  readonly reached?: () => readonly HostUse[];
}
