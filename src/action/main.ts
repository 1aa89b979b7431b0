import { readActionSettings } from '../config.ts';
import { runAction } from './action.ts';

// What `action.yml` runs, bundled into one file: a step of GitHub Actions has no packages to install.
process.exitCode = await runAction(readActionSettings, (line) => void process.stdout.write(`${line}\n`));
