import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { exampleRepository, giveDatabase, typist } from './example.ts';

test('a database that another build of pawl made is refused by every command, and doctor says what to do', {
  timeout: 120_000,
}, async () => {
  const repository = await exampleRepository();
  try {
    await giveDatabase(repository, 'empty');
    const pawl = typist(repository.path);
    expect(await pawl('status')).toMatchObject({ exit: 0 });
    const database = await openDatabase({ directory: join(repository.path, '.pawl', 'db') });
    await database.db.updateTable('migration').set({ digest: 'of another state' }).execute();
    await database.close();
    const said = await pawl('doctor');
    expect(said.exit).toBe(1);
    expect(said.stdout).toMatch(/failed +schema +made by another build of pawl/);
    expect(said.stdout).toContain('see `pawl explain store.schema_changed`');
    for (const words of [['status'], ['apply', '--auto-approve'], ['migrate']]) {
      const refused = await pawl(...words);
      expect(refused.exit).not.toBe(0);
      expect(refused.stderr).toMatch(/store\.schema_changed[\s\S]*its 0001_spine is not this version's/);
    }
  } finally {
    await repository.remove();
  }
});
