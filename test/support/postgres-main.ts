import { startServer } from './postgres-server.ts';

// A process that starts a server and never ends it, for the test that kills such a process.
const server = await startServer();
process.stdout.write(`started ${server.folder} ${server.url}\n`);
setInterval(() => undefined, 60_000);
