import { failureOf } from '../cli/failure.ts';
import { commandsOf } from '../cli/github-annotations.ts';
import { readActionSettings } from '../config.ts';
import { neutral } from '../manifest/neutral.ts';
import { runAction } from './action.ts';

// What `action.yml` runs, bundled into one file: a step of GitHub Actions has no packages to install.
const print = (line: string): void => void process.stdout.write(`${line}\n`);
try {
  process.exitCode = await runAction({ ...readActionSettings(), print });
} catch (error) {
  const { code, message, help, exit } = failureOf(error);
  const text = neutral(help === undefined ? message : `${message} ${help}`);
  for (const line of commandsOf([{ level: 'error', title: code, message: text }]).lines) print(line);
  process.exitCode = exit;
}
