import { floats } from './floats';

/** Whether all indices, int32, are from 0 to `length` − 1. */
export function indicesWithin(count: i32, indices: usize, length: i32): bool {
  const end = indices + floats(count);
  for (; indices < end; indices += 4) if (load<u32>(indices) >= <u32>length) return false;
  return true;
}

/**
 * y[i, j, k] = x[i, j, indices[i, k]], slices of `sliceBytes` bytes.
 *
 * @param x [batch, outer, length] slices
 * @param indices [batch, count], int32, all within `length`
 * @param y [batch, outer, count] slices, overwritten
 */
export function gather(
  batch: i32,
  outer: i32,
  length: i32,
  sliceBytes: i32,
  count: i32,
  x: usize,
  indices: usize,
  y: usize,
): void {
  const bytes = <usize>sliceBytes;
  const xBytes = <usize>length * bytes;
  for (let i = 0; i < batch; i++, indices += floats(count)) {
    for (let j = 0; j < outer; j++, x += xBytes) {
      for (let k = 0; k < count; k++, y += bytes) {
        const from = x + <usize>load<i32>(indices + floats(k)) * bytes;
        // A call for every few bytes costs more than the copy.
        if (bytes == 4) store<u32>(y, load<u32>(from));
        else memory.copy(y, from, bytes);
      }
    }
  }
}
