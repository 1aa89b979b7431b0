import { findRoot, noRepository, readConfig } from '../config.ts';
import { environmentsFrom, planBetween } from '../controller/plan-between.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { Plan } from '../plan/change.ts';
import { openRepository } from '../source/repository.ts';
import type { Repository } from '../source/repository.ts';
import { WorkingCopy } from '../source/working-copy.ts';
import type { CliContext } from './context.ts';
import { plural } from './plural.ts';

export interface BasePlanOptions {
  readonly base: string;
  readonly env?: string;
  readonly ref?: string;
  readonly workingCopy?: boolean;
}

/** The plan of a commit of this clone against another: without a database, a server or what is live. */
export async function planAgainst({ cwd, terminal }: CliContext, options: BasePlanOptions): Promise<Plan> {
  const root = findRoot(cwd);
  if (root === undefined) throw noRepository(cwd);
  const repository = await openRepository({ path: root, surroundings: readConfig(cwd).surroundings });
  try {
    const workingCopy = options.workingCopy === true ? new WorkingCopy({ root }) : undefined;
    const base = await repository.resolve(options.base);
    const commit = await (workingCopy ?? repository).resolve(options.ref ?? 'HEAD');
    const environment = options.env ?? (await onlyOne(workingCopy ?? repository, commit));
    const planned = await planBetween(repository, {
      environment,
      base,
      commit,
      ...(workingCopy === undefined ? {} : { workingCopy }),
    });
    const { length: errors } = planned.baseErrors;
    if (errors > 0) terminal.note(`The base has ${plural(errors, 'error')}: what they are in looks as if it were new.`);
    return planned.plan;
  } finally {
    await repository.close();
  }
}

async function onlyOne(repository: Repository, commit: string): Promise<string> {
  const names = await environmentsFrom(repository, commit);
  const [first] = names;
  if (first !== undefined && names.length === 1) return first;
  throw new TerminalError(`pawl.yaml declares several environments: ${names.join(', ')}.`, {
    code: 'cli.environment_ambiguous',
    help: 'Pass --env with one of them.',
    exit: exitCodes.usage,
  });
}
