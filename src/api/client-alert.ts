import type { AlertOperations, AlertRecord, PinRecord, ProbeRecord, ReceiverTest } from './operations-alert.ts';

interface Sending {
  readonly get: <Result>(path: string) => Promise<Result>;
  readonly post: <Result>(path: string, body: object) => Promise<Result>;
  /** The path of an environment. */
  readonly of: (environment: string) => string;
}

export function alertClient({ get, post, of }: Sending): AlertOperations {
  return {
    alerts: (environment) => get<AlertRecord[]>(`${of(environment)}/alerts`),
    testReceiver: ({ environment, receiver }) => post<ReceiverTest>(`${of(environment)}/alerts/test`, { receiver }),
    probes: (environment) => get<ProbeRecord[]>(`${of(environment)}/probes`),
    pins: (environment) => get<PinRecord[]>(`${of(environment)}/pins`),
  };
}
