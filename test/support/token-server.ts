import { storedTokens, waysIn } from '../../src/api/identity.ts';
import { createLocalOperations, type LocalOptions } from '../../src/api/local.ts';
import type { Operations } from '../../src/api/operations.ts';
import { startServer } from '../../src/api/server.ts';
import { accessRules } from '../../src/app-api.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { TerminalError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { localPerson, type Person, type PersonRole } from '../../src/policy/person.ts';
import type { Repository } from '../../src/source/repository.ts';
import { unreachableRepository } from '../../src/source/unreachable.ts';
import type { Database } from '../../src/store/database.ts';
import { silent } from './runs.ts';

export interface TokenServer {
  readonly address: string;
  /** What the API of this server asks of pawl in somebody's name. */
  operationsOf(person: Person): Operations;
  /** A token that the local user makes; of no namespaces: of all. */
  tokenOf(
    name: string,
    role: PersonRole,
    of?: { readonly namespaces?: readonly string[] | undefined; readonly groups?: readonly string[] },
  ): Promise<string>;
  close(): Promise<void>;
}

interface TokenServerOptions extends Partial<Pick<LocalOptions, 'secretKeys' | 'delivering'>> {
  /** Absent: it cannot be reached. */
  readonly repository?: Repository;
  readonly log?: Log;
}

/** The API as people meet it: on a database, let in by tokens that are kept in it. */
export async function startTokenServer(database: Database, options: TokenServerOptions = {}): Promise<TokenServer> {
  const { repository = nowhere, log = silent, ...rest } = options;
  const plane = createControlPlane(repository, database);
  const operationsOf = (person: Person) =>
    createLocalOperations({ ...rest, plane, person, workingCopy: undefined, close: () => Promise.resolve() });
  const server = await startServer({
    operations: operationsOf,
    identify: waysIn({ others: [storedTokens(database)], database, log }),
    rules: accessRules(database),
    version: '0',
    log,
    ready: () => Promise.resolve(),
    port: 0,
  });
  return {
    address: server.address,
    operationsOf,
    tokenOf: async (name, role, { namespaces, groups = [] } = {}) => {
      const wanted = { name, role, groups, lifeMs: 3_600_000, ...(namespaces === undefined ? {} : { namespaces }) };
      return (await operationsOf(localPerson('root@here')).createToken(wanted)).token;
    },
    close: () => server.close(),
  };
}

const nowhere = unreachableRepository(new TerminalError('It is not there.', { code: 'git.unreachable' }));
