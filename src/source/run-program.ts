import { execFile } from 'node:child_process';

export interface ProgramRun {
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface ProgramEnd {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program that Git's verifiers are made of, without a shell, to its end. */
export function runProgram(program: string, args: readonly string[], run: ProgramRun): Promise<ProgramEnd> {
  const options = { env: { ...run.env }, cwd: '/', timeout: run.timeoutMs, maxBuffer: 1024 * 1024 } as const;
  return new Promise((resolve) => {
    const child = execFile(program, [...args], { ...options, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ exit: code, stdout, stderr });
    });
    child.stdin?.end();
  });
}
