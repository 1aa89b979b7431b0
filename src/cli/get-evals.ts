import type { ResourceRecord } from '../api/operations.ts';
import { listAt, objectAt } from '../manifest/manifest-reference.ts';
import { qualify } from '../manifest/reference.ts';
import type { Door } from './app-port.ts';

interface Query {
  readonly environment: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** Live evals. What came out of them is told by whoever runs them: pawl keeps their runs, and no verdict on them. */
export async function evalListing(door: Door, { environment, namespace, name }: Query) {
  const evals = await door.operations.get({
    environment,
    kind: 'Eval',
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  });
  return {
    head: ['EVAL', 'SYSTEM', 'CASES', 'REPEAT', 'THRESHOLD', 'TIMEOUT'],
    rows: evals.map(rowOf),
    names: evals.map(({ address }) => address),
    records: evals,
  };
}

function rowOf({ address, manifest }: ResourceRecord): readonly string[] {
  const spec = objectAt(manifest, 'spec');
  const { systemRef, repeat, threshold, timeout } = spec;
  const [, namespace = ''] = address.split('/');
  const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? `${value}` : '-');
  return [
    address.replace('Eval/', ''),
    qualify(text(systemRef), namespace),
    String(listAt(spec, 'cases').length),
    text(repeat),
    text(threshold),
    text(timeout),
  ];
}
