import { type TensorInfo, Tile, type TileAttrs, util } from '@tensorflow/tfjs-core';
import { sizeOf } from '../heap';
import type { WasmKernel } from '../kernel';

/** Shorter runs of values are left to tfjs, which copies one value at a time. */
const shortest = 16;

/**
 * `tf.tile`, by which the gradient of batch normalization repeats a row for each pixel: copies runs, and repeats what it has copied.
 * tfjs's kernel looks up each value by its coordinates.
 */
export const tile: WasmKernel = {
  name: Tile,
  run({ x }: { x: TensorInfo }, { reps }: TileAttrs, heap) {
    const { shape, dtype } = x;
    if (dtype !== 'float32' || reps.length !== shape.length) return undefined;
    const repeated = shape.map((length, axis) => length * reps[axis]);
    // From this axis on, nothing is repeated.
    let end = reps.length;
    while (end > 0 && reps[end - 1] === 1) end--;
    const run = util.sizeFromShape(shape.slice(end));
    // A run is copied, and repeated along the axis before it.
    if (run * (repeated[end - 1] ?? 1) < shortest) return undefined;
    const result = heap.allocate(repeated);
    if (sizeOf(result) === 0) return result;
    const [from, to] = [x, result].map((each) => heap.floats(each));
    let next = 0;
    /** Writes what is below an axis, and returns where that ends. */
    const write = (axis: number, at: number): number => {
      if (axis === end) {
        to.set(from.subarray(next, next + run), at);
        next += run;
        return at + run;
      }
      let done = at;
      for (let i = 0; i < shape[axis]; i++) done = write(axis + 1, done);
      const last = at + (done - at) * reps[axis];
      // Each time, all that there is.
      for (let size = done - at; done < last; done += size) {
        size = Math.min(done - at, last - done);
        to.copyWithin(done, at, at + size);
      }
      return last;
    };
    write(0, 0);
    return result;
  },
};
