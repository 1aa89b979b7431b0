import type { ControlPlane } from '../controller/planning.ts';
import { readEnvironments } from '../controller/environments.ts';
import { isPawlError, type RetryableError, type TerminalError } from '../errors.ts';
import { readStandings } from '../store/sync.ts';
import type { Operations } from './operations.ts';
import type { EnvironmentStatus } from './operations-status.ts';

/** One repository of several, and the operations on it. */
export interface OneOfSeveral {
  readonly plane: ControlPlane;
  readonly operations: Operations;
}

/**
 * The operations on several repositories that share a database: what names an environment goes to the repository that
 * declares it, what names none goes to any, and lists of environments are of all.
 */
export function operationsOfSeveral(all: readonly OneOfSeveral[]): Operations {
  const [first, ...others] = all;
  if (first === undefined) throw new TypeError('there is no repository');
  if (others.length === 0) return first.operations;
  const merged: Partial<Operations> = {
    environments: async () => (await fromEach(all, ({ operations }) => operations.environments())).flat(),
    status: () => statusOfAll(all),
    close: async () => {
      for (const { operations } of all) await operations.close();
    },
    claimSync: async (name) => (await claimant(all, name)).operations.claimSync(name),
  };
  return new Proxy(first.operations, {
    get(target, name) {
      const own: unknown = Reflect.get(merged, name) ?? Reflect.get(target, name);
      if (typeof own !== 'function' || Object.hasOwn(merged, name)) return own;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        const environment = byId.has(String(name)) ? undefined : environmentIn(args[0]);
        const { operations } = environment === undefined ? first : await ownerOf(all, environment);
        return Reflect.apply(Reflect.get(operations, name), operations, args);
      };
    },
  });
}

/** Those whose first argument is not the name of an environment; what they are about is in the database alone. */
const byId: ReadonlySet<string> = new Set<keyof Operations>([
  'run',
  'trace',
  'cancel',
  'retry',
  'standing',
  'approval',
  'questionsOf',
  'revokeToken',
]);

function environmentIn(request: unknown): string | undefined {
  if (typeof request === 'string') return request;
  if (typeof request !== 'object' || request === null || !('environment' in request)) return undefined;
  return typeof request.environment === 'string' ? request.environment : undefined;
}

/** Whose it is in the database; before any controller has looked, whoever declares it. */
async function ownerOf(all: readonly OneOfSeveral[], environment: string): Promise<OneOfSeveral> {
  const [first] = all;
  if (first === undefined) throw new TypeError('there is no repository');
  const standing = (await readStandings(first.plane.database.db, [environment])).get(environment);
  const owner = all.find(({ plane }) => plane.source === standing?.repository);
  return owner ?? (await declaring(all, environment))[0] ?? first;
}

/** Who would take an environment over: a repository that declares it and does not have it. */
async function claimant(all: readonly OneOfSeveral[], environment: string): Promise<OneOfSeveral> {
  const owner = await ownerOf(all, environment);
  return (await declaring(all, environment)).find((one) => one !== owner) ?? owner;
}

async function declaring(all: readonly OneOfSeveral[], environment: string): Promise<readonly OneOfSeveral[]> {
  const declared = await Promise.all(
    all.map(async (one) => {
      // A repository that cannot be read declares nothing that anybody could know of.
      const environments = await readEnvironments(one.plane.repository).catch(() => []);
      return environments.some(({ name }) => name === environment) ? [one] : [];
    }),
  );
  return declared.flat();
}

/** A repository that is away does not hide what the others have to say; where all are, the first says why. */
async function fromEach<Result>(
  all: readonly OneOfSeveral[],
  ask: (one: OneOfSeveral) => Promise<Result>,
): Promise<readonly Result[]> {
  const found: Result[] = [];
  const failures: (RetryableError | TerminalError)[] = [];
  for (const one of all) {
    try {
      found.push(await ask(one));
    } catch (error) {
      if (!isPawlError(error)) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (first !== undefined && found.length === 0) throw first;
  return found;
}

/** Of an environment that several speak of, its owner's word counts. */
async function statusOfAll(all: readonly OneOfSeveral[]): Promise<readonly EnvironmentStatus[]> {
  const lists = await fromEach(all, async ({ plane, operations }) => {
    return (await operations.status()).map((status) => ({ plane, status }));
  });
  const said = lists.flat();
  const names = [...new Set(said.map(({ status }) => status.environment))];
  const [db] = all.map(({ plane }) => plane.database.db);
  const standings = db === undefined ? undefined : await readStandings(db, names);
  return names.flatMap((name) => {
    const about = said.filter(({ status }) => status.environment === name);
    const own = about.find(({ plane }) => plane.source === standings?.get(name)?.repository);
    return (own ?? about[0])?.status ?? [];
  });
}
