import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { kinds } from '../../src/manifest/resource.ts';
import { say } from './fixture.ts';

async function script(shell: string): Promise<string> {
  const said = await say(['completion', shell]);
  expect(said).toMatchObject({ exit: 0, stderr: '' });
  return said.stdout;
}

/** The names of all commands, as the help lists them. */
async function commands(): Promise<readonly string[]> {
  const { stdout } = await say(['--help']);
  const [, list = ''] = stdout.split('Commands:\n');
  return [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name);
}

/** Whether the shell is on this machine: bash is on every one that the project is built on. */
function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0;
}

describe('bash', () => {
  /** What bash offers when Tab is pressed after these words. */
  function offered(completion: string, words: readonly string[]): readonly string[] {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const asked = `${completion}
COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _pawl; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', asked], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    return stdout.split('\n').filter((line) => line !== '');
  }

  test('offers every command, and those that begin as what was typed', async () => {
    const completion = await script('bash');
    expect(offered(completion, ['pawl', ''])).toEqual(expect.arrayContaining([...(await commands())]));
    expect(offered(completion, ['pawl', 'va'])).toEqual(['validate']);
  });

  test.each([
    [['pawl', 'validate', '--st'], ['--strict']],
    [['pawl', 'get', 'budg'], ['budgets']],
    [['pawl', 'validate', '-o', 's'], ['sarif']],
    [['pawl', 'validate', '--output', 'g'], ['github']],
    // bash splits at the = and hands over three words.
    [
      ['pawl', 'validate', '--output', '=', 'j'],
      ['json', 'junit'],
    ],
    [['pawl', '--color', 'never', 'plan', '--ref', 'get', '--deta'], ['--detailed-exitcode']],
    [['pawl', 'get', 'AgentS'], ['AgentSystem']],
    [['pawl', 'get', 'w'], ['workers']],
    [['pawl', 'get', 'Agent', 'A'], []],
    [
      ['pawl', 'describe', 'Tool'],
      ['Tool', 'ToolPermission'],
    ],
    [['pawl', 'explain', 'pawl.y'], ['pawl.yaml']],
    [['pawl', 'schema', 'Scr'], ['Script']],
    [['pawl', 'init', '--template', 'r'], ['review-loop']],
    [
      ['pawl', 'completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['pawl', 'secret', 'e'], ['encrypt']],
    [['pawl', 'secret', 'encrypt', '--recipients-'], ['--recipients-file']],
    [['pawl', 'resolve', 'run', 'path', '--as', 'd'], ['done']],
    [['pawl', 'run', '--input', ''], []],
  ])('after %j offers %j', async (words, wanted) => {
    expect(offered(await script('bash'), words)).toEqual(wanted);
  });

  test('is registered by sourcing it', async () => {
    const asked = `source <(cat <<'END'\n${await script('bash')}END\n); complete -p pawl`;
    const { stdout } = spawnSync('bash', ['--norc', '-c', asked], { encoding: 'utf8' });
    expect(stdout).toBe('complete -o default -F _pawl pawl\n');
  });
});

describe.each(['zsh', 'fish'])('%s', (shell) => {
  test('has every command, kind and choice, with nothing that the shell would run', async () => {
    const completion = await script(shell);
    for (const word of [...(await commands()), ...kinds, 'sarif', 'junit', 'review-loop', 'encrypt']) {
      expect(completion).toMatch(new RegExp(`(?:^|[^\\w-])${word}(?:[^\\w-]|$)`, 'm'));
    }
    const code = completion.replace(/'(?:[^'\\]|\\.|'\\'')*'/g, '');
    expect(code).not.toMatch(/`|\$\(/);
  });

  test('is sound where the shell is installed', async () => {
    if (!has(shell)) return;
    const { status, stderr } = spawnSync(shell, ['-n', '-c', await script(shell)], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

test('an unknown shell exits 64', async () => {
  expect(await say(['completion', 'tcsh'])).toMatchObject({ exit: 64, stdout: '' });
});
