// `npm run digest:nodes`: one plan's digest under each version of Node that package.json allows. A plan that is made on
// a laptop and applied by a server of another version must be the same plan. Fetches the versions through npm.
import { spawnSync } from 'node:child_process';

const majors = ['20', '22', '24'];
const digests = majors.map((major) => {
  const command = ['-y', '-p', `node@${major}`, 'node', '--import', 'tsx', 'test/plan/digest-main.ts'];
  const { status, stdout, stderr } = spawnSync('npx', command, { encoding: 'utf8' });
  process.stdout.write(`Node ${major}: ${status === 0 ? stdout : `did not run: ${stderr}`}\n`);
  return status === 0 ? stdout : undefined;
});
process.exitCode = new Set(digests).size === 1 && digests[0] !== undefined ? 0 : 1;
