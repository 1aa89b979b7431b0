import { Controller } from '../../src/controller/controller.ts';
import type { EnvironmentPass } from '../../src/controller/pass.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import type { ControlPlane } from '../../src/controller/planning.ts';
import { createLog } from '../../src/log.ts';
import { openRepository } from '../../src/source/repository.ts';
import type { Repository } from '../../src/source/repository.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { Database } from '../../src/store/database.ts';
import { tickAcknowledged } from '../support/apply-acknowledged.ts';
import { createRepository } from '../support/git.ts';
import type { TestRepository } from '../support/git.ts';
import { createDatabase } from '../support/postgres.ts';

export interface Line {
  readonly msg: string;
  readonly level: string;
  readonly [field: string]: unknown;
}

/** One controller, as a process of its own would have it. */
export interface TestController {
  readonly controller: Controller;
  /** One pass; what it waits for is acknowledged, so that the pass is what it would be for somebody who agrees. */
  readonly tick: () => Promise<readonly EnvironmentPass[]>;
  readonly plane: ControlPlane;
  readonly lines: Line[];
}

export interface Estate {
  readonly git: TestRepository;
  readonly url: string;
  readonly join: (now?: () => number) => Promise<TestController>;
  readonly close: () => Promise<void>;
}

export async function createEstate(): Promise<Estate> {
  const [git, made] = [await createRepository(), await createDatabase()];
  const opened: (Repository | Database)[] = [];
  return {
    git,
    url: made.url,
    join: async (now = () => 0) => {
      const database = await openDatabase({ url: made.url, applicationName: 'a-controller' });
      const repository = await openRepository({ path: git.path, surroundings: { path: process.env['PATH'] ?? '' } });
      opened.push(repository, database);
      const plane = createControlPlane(repository, database);
      const lines: Line[] = [];
      const log = createLog('info', { write: (line: string) => void lines.push(JSON.parse(line) as Line) });
      const controller = new Controller({ plane, actor: 'controller', log, now });
      return { controller, tick: () => tickAcknowledged(controller, plane), plane, lines };
    },
    close: async () => {
      for (const one of opened) await one.close();
      await made.drop();
      await git.remove();
    },
  };
}

export interface SettingsOf {
  readonly apply?: 'auto' | 'manual';
}

export function settings(environments: Readonly<Record<string, SettingsOf>>): string {
  const entries = Object.entries(environments).map(
    ([name, { apply = 'auto' }]) => `  - { name: ${name}, branch: main, paths: [${name}], apply: ${apply} }\n`,
  );
  return `apiVersion: pawl/v1\nenvironments:\n${entries.join('')}`;
}

export function role(name: string, ...permissions: readonly string[]): string {
  const list = permissions.map((permission) => `"${permission}"`).join(', ');
  return `apiVersion: pawl/v1\nkind: AgentRole\nmetadata: { name: ${name} }\nspec: { permissions: [${list}] }\n`;
}
