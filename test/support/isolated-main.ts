import { proveSandbox } from '../../src/tools/isolation/self-test.ts';
import { startIsolated } from '../../src/tools/isolation/start-isolated.ts';

// Says what this user may do, then starts a program that outlives nobody.
const host = { path: ['/usr/bin'], readable: [] };
const proof = await proveSandbox(host);
process.stdout.write(`proof ${JSON.stringify({ uid: process.getuid?.(), ...proof })}\n`);
const argv = ['/bin/sh', '-c', `setsid sleep ${process.argv[2] ?? '61'} & exec sleep ${process.argv[2] ?? '61'}`];
const program = await startIsolated(
  { argv, env: {}, isolation: { min: 'sandbox', filesystem: 'readOnly' }, tier: 'sandbox' },
  { host },
);
process.stdout.write('started\n');
await program.exited;
