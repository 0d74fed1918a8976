import { requireOptions } from '@harmonic-mlp/core';
import type { LabeledDataset } from '../dataset';
import { type IdxType, readIdx } from '../idx';
import { type IdxPairOptions, idxPairOptions, labelTypes, pairIdx } from '../idx-pair';
import { filePath } from './file-path';
import { readGiven } from './folder';

/**
 * Loads your own data set from a file of images and one of labels, each plain or compressed with gzip, of any size, with up
 * to 256 classes.
 *
 * @param images the path or `file:` URL of an IDX file of bytes, [count, rows, columns].
 * @param labels the path or `file:` URL of an IDX file of bytes or 32-bit integers, [count], or [count, columns], where the
 *   first column is the class.
 * @throws {HarmonicError} `FILE_NOT_FOUND` if a file is missing or cannot be read; `INVALID_DATA` if one is not an IDX file
 *   with that layout, or if the two do not fit together; `INVALID_ARGUMENT` for an option that is unknown or out of bounds,
 *   and for a URL that is not a `file:` URL.
 * @example
 * ```ts
 * const train = await loadIdxPair('train-images.idx3', 'train-labels.idx1');
 * const { classes, normalization } = train;
 * const test = await loadIdxPair('test-images.idx3', 'test-labels.idx1', { classes, normalization });
 * ```
 */
export async function loadIdxPair(
  images: string | URL,
  labels: string | URL,
  options?: IdxPairOptions,
): Promise<LabeledDataset> {
  const example = 'loadIdxPair(images, labels, { classes: 10 })';
  const { name, ...pairing } = requireOptions('options', options, example, idxPairOptions);
  const imageIdx = await readFileIdx('images', images, ['uint8']);
  const labelIdx = await readFileIdx('labels', labels, labelTypes);
  return pairIdx(name, imageIdx, labelIdx, pairing);
}

async function readFileIdx<Type extends IdxType>(
  argument: string,
  location: string | URL,
  types: readonly Type[],
) {
  const path = filePath(argument, location);
  return { name: path, ...(await readIdx(await readGiven(path), path, { types })) };
}
