import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { exitCodes, TerminalError } from '../errors.ts';
import { secretFault } from '../tools/secrets.ts';
import type { CliContext } from './context.ts';

const bytesMax = 64 * 1024;

/** The value of a secret: typed without being shown, or from standard input. Never a word of the command line. */
export async function readSecretValue(context: CliContext): Promise<string> {
  const { stdin } = context;
  const isTyped = (stdin as { readonly isTTY?: boolean }).isTTY === true;
  return usableValue(isTyped ? await typedHidden(context) : await piped(stdin));
}

/** The credential in a text, or why no call could use it. */
export function usableValue(text: string): string {
  // What a shell adds at the end is no part of a secret.
  const value = text.replace(/\r?\n$/, '');
  const fault = secretFault(value);
  if (fault === undefined) return value;
  const message = value === '' ? 'No value was given.' : `The value ${fault.why}: no call could use it.`;
  throw refused(message, 'Pipe the value into the command, or type it when asked.');
}

async function piped(stdin: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    const part = Buffer.from(chunk as Uint8Array | string);
    bytes += part.length;
    if (bytes > bytesMax) throw refused(`The value has more than ${bytesMax} bytes.`, 'Encrypt the credential alone.');
    chunks.push(part);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw refused(
      'The value is not UTF-8 text.',
      'Encode it as text, in base64 for example, if the other side takes that.',
    );
  }
}

/** The reader's echo goes nowhere. */
async function typedHidden({ stdin, terminal, signal }: CliContext): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 });
  terminal.note('Value (not shown while you type):');
  try {
    return await new Promise<string>((resolve, reject) => {
      const stop = () =>
        reject(new TerminalError('Interrupted.', { code: 'secret.value', exit: exitCodes.interrupted }));
      reader.once('line', resolve);
      reader.once('SIGINT', stop);
      reader.once('close', () => resolve(''));
      signal.addEventListener('abort', stop, { once: true });
    });
  } finally {
    reader.close();
  }
}

function refused(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'secret.value', help, exit: exitCodes.usage });
}
