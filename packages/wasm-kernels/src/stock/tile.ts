import { type TensorInfo, Tile, type TileAttrs, util } from '@tensorflow/tfjs-core';
import { sizeOf } from '../heap';
import type { WasmKernel } from '../kernel';

/** Runs that are shorter once repeated are left to tfjs, which copies one value at a time. */
const shortest = 16;

/**
 * `tf.tile`, by which the gradient of batch normalization repeats a row for each pixel: copies runs, and repeats what it has copied.
 * tfjs's kernel looks up each value by its coordinates.
 */
export const tile: WasmKernel = {
  name: Tile,
  run({ x }: { x: TensorInfo }, { reps }: TileAttrs, heap) {
    const { shape, dtype } = x;
    if (dtype !== 'float32' || reps.length !== shape.length || shape.length === 0) return undefined;
    const repeated = shape.map((length, axis) => length * reps[axis]);
    // After this axis, nothing is repeated, so what is below it is one run.
    let inner = reps.length - 1;
    while (inner > 0 && reps[inner] === 1) inner--;
    const run = util.sizeFromShape(shape.slice(inner));
    if (run * reps[inner] < shortest) return undefined;
    const result = heap.allocate(repeated);
    if (sizeOf(result) === 0) return result;
    const [from, to] = [x, result].map((each) => heap.floats(each));
    let next = 0;
    /** Writes what is below an axis, and returns where that ends. */
    const write = (axis: number, at: number): number => {
      let done = at;
      if (axis === inner) {
        to.set(from.subarray(next, next + run), at);
        next += run;
        done += run;
      } else for (let i = 0; i < shape[axis]; i++) done = write(axis + 1, done);
      const last = at + (done - at) * reps[axis];
      // Each time, all that there is.
      while (done < last) {
        const size = Math.min(done - at, last - done);
        to.copyWithin(done, at, at + size);
        done += size;
      }
      return last;
    };
    write(0, 0);
    return result;
  },
};
