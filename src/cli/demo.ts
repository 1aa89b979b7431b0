import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { AuthoredRepository } from '../source/author.ts';
import type { CliContext } from './context.ts';
import { chapters } from './demo-chapters.ts';
import { createStage } from './demo-stage.ts';

const exampleFolder = fileURLToPath(new URL('../../example-repo', import.meta.url));
const author = { name: 'Demo', email: 'demo@example.com' };

/** The whole product on the example repository, in a folder of its own that is removed at the end. */
export async function demoCommand(context: CliContext, options: { readonly keep?: boolean }): Promise<ExitCode> {
  const { terminal } = context;
  const { bold, dim } = terminal.colors;
  const folder = await mkdtemp(join(tmpdir(), 'pawl-demo-'));
  const started = performance.now();
  try {
    await cp(exampleFolder, folder, { recursive: true });
    const stage = createStage(context, folder, await AuthoredRepository.init(folder, author));
    for (const [index, chapter] of chapters.entries()) {
      if (context.signal.aborted) return exitCodes.interrupted;
      terminal.out(`\n${bold(`${index + 1}. ${chapter.title}`)}\n`);
      await chapter.play(stage);
    }
    terminal.out(
      `\n${bold('That was pawl')}, in ${((performance.now() - started) / 1000).toFixed(1)} s, without a network.`,
    );
    if (options.keep === true) explainKept(context, folder);
    return exitCodes.success;
  } finally {
    if (options.keep !== true) {
      await rm(folder, { recursive: true, force: true });
      terminal.out(dim('Its folder is removed; run it with --keep to look around.'));
    }
  }
}

function explainKept({ terminal }: CliContext, folder: string): void {
  const pawl = process.argv[1] === undefined ? 'pawl' : `node ${process.argv[1]}`;
  terminal.out(`\nEverything is still there. Look around with:\n`);
  for (const line of [`cd ${folder}`, `${pawl} status`, `${pawl} get all`, `${pawl} trace latest`, `${pawl} up`]) {
    terminal.out(`  ${line}`);
  }
  terminal.out(`\nWhen you are done: rm -r ${folder}`);
}
