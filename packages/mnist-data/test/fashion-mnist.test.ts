import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fashionMnist } from '../src/datasets';
import { inspectDataset, loadDataset } from '../src/node';
import { measureNormalization } from '../src/normalization';
import { cut, DataServer } from './support/data-server';

// Debian's package dataset-fashion-mnist: the published content, recompressed.
const directory = '/usr/share/datasets/fashion-mnist';

describe.skipIf(!existsSync(directory))(
  `Fashion-MNIST of ${directory}, skipped where it is not installed`,
  () => {
    it('loads from the folder, is the published one, and has the mean and the standard deviation of the registry', async () => {
      const { train, test } = await loadDataset('fashion-mnist', { directory });
      expect([train.size, test.size]).toEqual([60000, 10000]);
      expect(train.classNames?.[train.labels[0]]).toBe('Ankle boot');
      const { mean, std } = measureNormalization(train.inputs as Uint8Array);
      expect(mean).toBeCloseTo(fashionMnist.normalization.mean, 4);
      expect(std).toBeCloseTo(fashionMnist.normalization.std, 4);
      const { source, files } = await inspectDataset('fashion-mnist', { directory, checksums: true });
      expect(source).toBe('directory');
      expect(Object.values(files).map(({ state }) => state)).toEqual(Array(4).fill('published'));
    });

    it('downloads from a mirror that cuts it, and goes on', async () => {
      const cache = await mkdtemp(join(tmpdir(), 'fashion '));
      const server = await DataServer.start();
      try {
        for (const { name } of Object.values(fashionMnist.files)) {
          server.serve('fashion', { [`${name}.gz`]: await readFile(join(directory, `${name}.gz`)) });
        }
        server.script('fashion/train-images-idx3-ubyte.gz', cut(9_000_000), cut(9_000_000));
        const options = { cache, mirrors: [server.url('fashion')] };
        const { train } = await loadDataset('fashion-mnist', options);
        expect(train.size).toBe(60000);
        expect(server.log.map(({ range }) => range !== undefined)).toEqual([
          false,
          true,
          true,
          false,
          false,
          false,
        ]);
        await loadDataset('fashion-mnist', { cache, offline: true });
      } finally {
        await server.stop();
        await rm(cache, { recursive: true });
      }
    });
  },
);
