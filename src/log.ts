import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { Config } from './config.ts';

export type Log = Logger;

/** The fields that never leave the process, should one reach a log by mistake: values are kept out at their source. */
const redacted = [
  'authorization',
  'password',
  'secret',
  'token',
  'apiKey',
  'url',
  '*.authorization',
  '*.password',
  '*.secret',
  '*.token',
  '*.apiKey',
  '*.headers',
  '*.url',
];

/** The root logger, on stderr: stdout is for data. Each subsystem takes a child with its name. */
export function createLog(
  level: Config['logLevel'],
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redacted, censor: '[redacted]' },
    },
    destination,
  );
}

export function subsystemLog(log: Log, subsystem: string): Log {
  return log.child({ subsystem });
}
