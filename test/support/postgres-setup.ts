import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { builtSources } from './built-sources.ts';
import { makeImages } from './embedded-image.ts';
import { natsBinary } from './nats-server.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { type PostgresServer, startServer } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a test file asks for the shared server, and the prefix of every database of this run. */
    readonly postgres: { readonly askUrl: string; readonly prefix: string };
  }
}

/**
 * Runs once before all test files. The shared server starts when the first file asks for it, so that a run of pure
 * tests does not pay for it; what may take minutes, installing servers, is done here, where no test's limit runs, and what
 * many files would do at once.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['PAWL_TEST_DATABASE_URL'];
  if (given === undefined) await postgresBinaries();
  natsBinary();
  builtSources();
  await makeImages();
  const prefix = `pawl_test_${randomBytes(4).toString('hex')}`;
  let shared: Promise<PostgresServer> | undefined;
  const path = `/${randomBytes(16).toString('hex')}`;

  const door = createServer((request, response) => {
    if (request.url !== path) return void response.writeHead(404).end();
    if (given !== undefined) return void response.end(given);
    shared ??= startServer();
    shared.then(
      (server) => response.end(server.url),
      (cause: unknown) => response.writeHead(500).end(String(cause)),
    );
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  const address = door.address();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  project.provide('postgres', { askUrl: `http://127.0.0.1:${address.port}${path}`, prefix });

  return async () => {
    door.close();
    door.closeAllConnections();
    if (given !== undefined) await dropAll(given, prefix);
    await (await shared)?.close();
  };
}

/** A server that is not ours stays as it was. */
async function dropAll(url: string, prefix: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [prefix],
    );
    for (const { datname } of rows) await client.query(`drop database if exists ${datname} with (force)`);
  } finally {
    await client.end();
  }
}
