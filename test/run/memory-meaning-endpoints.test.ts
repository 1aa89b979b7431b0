import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BundleModel } from '../../src/manifest/bundle.ts';
import { startCloudEmbeddingServer } from '../support/cloud-embedding-server.ts';
import { databaseKinds, type OpenedDatabase } from '../support/databases.ts';
import type { EmbeddingServer } from '../support/embedding-server.ts';
import { comparesByKind } from '../support/vectors.ts';
import { call, closeMeaning, foundAt, type MeaningPlay, openMeaning, outcomes, say } from './memory-meaning-play.ts';

const compares = await comparesByKind();
const kinds = databaseKinds.filter((kind) => compares[kind]);

describe.each(kinds)(
  'a memory that is searched by meaning, by the endpoints of other providers, on the %s database',
  (kind) => {
    let opened: OpenedDatabase;
    let server: EmbeddingServer;
    let play: MeaningPlay;

    beforeAll(async () => {
      ({ opened, server, play } = await openMeaning(kind));
    });
    afterAll(() => closeMeaning({ opened, server }));
    beforeEach(() => {
      server.statuses.length = 0;
      server.asked.length = 0;
    });

    test('asks with one text a request where the model takes no more, each as a call of its own', async () => {
      const cloud = await startCloudEmbeddingServer();
      try {
        const text = `${'green tea '.repeat(100)}\n\n${'red car '.repeat(120)}`;
        const titan = {
          provider: 'bedrock',
          model: 'amazon.titan-embed-text-v2:0',
          baseUrl: cloud.url,
          region: 'x',
        } as const;
        await play.begin(
          [call('memory_ingest', { key: 'book', text }), call('memory_search', { query: 'red car' }), say],
          { model: titan, by: 'titan', dimensions: 256, together: 1 },
        );
        const ended = await play.run();
        expect(outcomes(ended)).toEqual([
          ['talk/1.1.embed1', 'done'],
          ['talk/1.1.embed2', 'done'],
          ['talk/1.1', 'done'],
          ['talk/2.1.embed1', 'done'],
          ['talk/2.1', 'done'],
        ]);
        expect(cloud.asked.map(({ path }) => path)).toEqual(
          Array(3).fill('/model/amazon.titan-embed-text-v2:0/invoke'),
        );
        expect((await play.kept()).filter(({ key }) => key === 'book')).toMatchObject([
          { embedded_by: 'titan', length: 256 },
          { embedded_by: 'titan', length: 256 },
        ]);
        expect(foundAt(ended, 'talk/2.1')?.[0]).toMatchObject({ key: 'book', foundBy: 'meaning' });
      } finally {
        await cloud.close();
      }
    });

    test('embeds offline by a scripted endpoint', async () => {
      const scripted = {
        provider: 'scripted',
        model: 'offline',
        pricing: undefined,
      } as unknown as Partial<BundleModel>;
      await play.begin(
        [call('memory_write', { key: 'off', value: 'purple fish' }), call('memory_search', { query: 'fish' }), say],
        {
          model: scripted,
          by: 'scripted/offline/8',
          dimensions: 8,
        },
      );
      const ended = await play.run();
      expect(foundAt(ended, 'talk/2.1')?.[0]).toMatchObject({ key: 'off', foundBy: 'meaning' });
      expect(server.asked).toEqual([]);
    });
  },
);
