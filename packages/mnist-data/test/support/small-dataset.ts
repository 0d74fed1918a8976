import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { DatasetDescription, DatasetFile, DatasetRole } from '../../src/description';

/** An uncompressed IDX file of bytes. */
export function idxFile(shape: number[], data: ArrayLike<number>): Uint8Array {
  const header = [
    0,
    0,
    8,
    shape.length,
    ...shape.flatMap((d) => [d >>> 24, (d >> 16) & 255, (d >> 8) & 255, d & 255]),
  ];
  return Uint8Array.from([...header, ...Array.from(data)]);
}

export const gzip = (bytes: Uint8Array, level = 6): Uint8Array => new Uint8Array(gzipSync(bytes, { level }));
export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Incompressible bytes, the same for the same seed. */
export function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

const roles: DatasetRole[] = ['trainImages', 'trainLabels', 'testImages', 'testLabels'];

/** A custom data set, small enough to be served repeatedly, and large enough to be cut off. */
export function smallDataset({
  name = 'small',
  sums = 'uncompressed',
  images = 300,
}: {
  name?: string;
  /** Which checksums the description has. */
  sums?: 'uncompressed' | 'compressed' | 'none';
  images?: number;
} = {}) {
  const contents: Record<DatasetRole, Uint8Array> = {
    trainImages: idxFile([images, 28, 28], noise(images * 784, 1)),
    trainLabels: idxFile(
      [images],
      Array.from({ length: images }, (_, i) => i % 3),
    ),
    testImages: idxFile([3, 28, 28], noise(3 * 784, 2)),
    testLabels: idxFile([3], [2, 1, 0]),
  };
  const names: Record<DatasetRole, string> = {
    trainImages: 'train-images-idx3-ubyte',
    trainLabels: 'train-labels-idx1-ubyte',
    testImages: 't10k-images-idx3-ubyte',
    testLabels: 't10k-labels-idx1-ubyte',
  };
  const file = (role: DatasetRole): DatasetFile => ({
    name: names[role],
    shape: role.endsWith('Images')
      ? [role === 'testImages' ? 3 : images, 28, 28]
      : [role === 'testLabels' ? 3 : images],
    ...(sums === 'uncompressed' && { sha256: sha256Of(contents[role]) }),
    ...(sums !== 'none' && {
      gzip: { bytes: gzip(contents[role]).length, sha256: sha256Of(gzip(contents[role])) },
    }),
  });
  const description: DatasetDescription = {
    name,
    title: 'Small',
    files: {
      trainImages: file('trainImages'),
      trainLabels: file('trainLabels'),
      testImages: file('testImages'),
      testLabels: file('testLabels'),
    },
    imageShape: [28, 28],
    classes: 3,
    classNames: ['a', 'b', 'c'],
    normalization: { mean: 0.5, std: 0.3 },
    mirrors: [],
    license: 'none',
    citation: 'none',
  };
  const served = Object.fromEntries(roles.map((role) => [`${names[role]}.gz`, gzip(contents[role])]));
  return { description, contents, served };
}
