import { floats } from './floats';

/**
 * Sums over the middle axis, from the first value to the last one, divided by a number.
 *
 * @param x [outer, count, inner]
 * @param y [outer, inner], overwritten
 */
export function sumInOrder(outer: i32, count: i32, inner: i32, x: usize, divisor: f32, y: usize): void {
  const step = floats(inner);
  const by = f32x4.splat(divisor);
  for (let i = 0; i < outer; i++, x += step * count, y += step) {
    let at: usize = 0;
    // Vectors beside each other, since an addition has to wait for the one before.
    for (; at + 64 <= step; at += 64) {
      let a = f32x4.splat(0);
      let b = a;
      let c = a;
      let d = a;
      let from = x + at;
      for (let k = 0; k < count; k++, from += step) {
        a = f32x4.add(a, v128.load(from));
        b = f32x4.add(b, v128.load(from, 16));
        c = f32x4.add(c, v128.load(from, 32));
        d = f32x4.add(d, v128.load(from, 48));
      }
      v128.store(y + at, f32x4.div(a, by));
      v128.store(y + at, f32x4.div(b, by), 16);
      v128.store(y + at, f32x4.div(c, by), 32);
      v128.store(y + at, f32x4.div(d, by), 48);
    }
    for (; at + 16 <= step; at += 16) {
      let sum = f32x4.splat(0);
      for (let k = 0; k < count; k++) sum = f32x4.add(sum, v128.load(x + at + step * k));
      v128.store(y + at, f32x4.div(sum, by));
    }
    for (; at < step; at += 4) {
      let sum: f32 = 0;
      for (let k = 0; k < count; k++) sum += load<f32>(x + at + step * k);
      store<f32>(y + at, sum / divisor);
    }
  }
}
