import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { mapped } from '../field-table.ts';
import type { ForeignDocument } from '../foreign.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';

/** One worker of Orloj. It is a process there; pawl names sorts of workers, so each becomes a pool of one. */
export const worker: ForeignKind = {
  kind: 'Worker',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.region': mapped('string', '`WorkerPool.spec.requires.region`'),
    'spec.capabilities.gpu': mapped('boolean', '`WorkerPool.spec.requires.gpu`'),
    'spec.capabilities.supported_models[]': mapped(
      { type: 'string', minLength: 1 },
      '`WorkerPool.spec.requires.models`',
    ),
    'spec.max_concurrent_tasks': mapped('integer', '`WorkerPool.spec.concurrency`, 1 where it is not said'),
  },
  fate: { fate: 'mapped', becomes: 'WorkerPool', convert },
};

const concurrencyMax = 1000;

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const region = regionOf(document, conversion);
  const gpu = spec.at('capabilities', 'gpu').boolean();
  const models = [...new Set(spec.at('capabilities', 'supported_models').texts())];
  const concurrency = spec.get('max_concurrent_tasks');
  const wanted = Math.max(1, concurrency.number() ?? 1);
  if (wanted > concurrencyMax)
    concurrency.flag('import.limit', `A worker of pawl executes at most ${concurrencyMax} runs at a time.`);
  const requires = {
    ...(region === undefined ? {} : { region }),
    ...(gpu === true ? { gpu } : {}),
    ...(models.length === 0 ? {} : { models }),
  };
  const pool = {
    ...(Object.keys(requires).length === 0 ? {} : { requires }),
    minWorkers: 0,
    maxWorkers: 1,
    concurrency: Math.min(wanted, concurrencyMax),
  };
  conversion.become(document, pool, [
    'A Worker of Orloj is one process; a pool is a sort of workers, of which this has one. Pools that say the same can be made one of more workers.',
  ]);
}

function regionOf({ spec }: ForeignDocument, { estate }: Conversion): string | undefined {
  const node = spec.get('region');
  const region = node.text()?.trim() ?? '';
  if (region === '') return undefined;
  const plain = estate.plainName(region);
  if (plain !== region) node.flag('import.renamed', `The region is \`${plain}\` in pawl; name it so in tasks too.`);
  return plain;
}
