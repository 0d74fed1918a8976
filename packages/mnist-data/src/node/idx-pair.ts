import type { LabelledDataset } from '../dataset';
import { type IdxType, readIdx } from '../idx';
import { type IdxPairOptions, labelTypes, pairIdx } from '../idx-pair';
import { filePath } from './file-path';
import { readGiven } from './folder';

/**
 * A data set of your own, from a file of images and one of labels, each plain or compressed with gzip, of any size and up
 * to 256 classes.
 *
 * @param images the path or `file:` URL of an IDX file of bytes, [count, rows, columns].
 * @param labels of an IDX file of bytes or 32-bit integers, [count], or [count, columns], where the first column is
 *   the class.
 * @throws {HarmonicError} `FILE_NOT_FOUND` when a file is not there or cannot be read; `INVALID_DATA` when one is no IDX file of that
 *   layout, or the two do not fit together; `INVALID_ARGUMENT` for a URL that is not of a file.
 * @example
 * ```ts
 * const train = await loadIdxPair('train-images.idx3', 'train-labels.idx1');
 * const { classes, normalisation } = train;
 * const test = await loadIdxPair('test-images.idx3', 'test-labels.idx1', { classes, normalisation });
 * ```
 */
export async function loadIdxPair(
  images: string | URL,
  labels: string | URL,
  { name = 'data set', ...options }: IdxPairOptions = {},
): Promise<LabelledDataset> {
  const imageIdx = await readFileIdx('images', images, ['uint8']);
  const labelIdx = await readFileIdx('labels', labels, labelTypes);
  return pairIdx(name, imageIdx, labelIdx, options);
}

async function readFileIdx<Type extends IdxType>(
  option: string,
  location: string | URL,
  types: readonly Type[],
) {
  const path = filePath(option, location);
  return { name: path, ...(await readIdx(await readGiven(path), path, { types })) };
}
