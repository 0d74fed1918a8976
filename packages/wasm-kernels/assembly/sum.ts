// Sums over an axis that is not the last, which leave the values where they are.

/**
 * y[i, k] = Σⱼ x[i, j, k], four addends at a time.
 *
 * @param x [outer, count, inner]
 * @param y [outer, inner], overwritten
 */
export function sumOverAxis(outer: i32, count: i32, inner: i32, x: usize, y: usize): void {
  const row = <usize>inner << 2;
  for (let i = 0; i < outer; i++, y += row) {
    memory.fill(y, 0, row);
    let j = 0;
    for (; j + 4 <= count; j += 4, x += row << 2) {
      const x1 = x + row;
      const x2 = x1 + row;
      const x3 = x2 + row;
      let at: usize = 0;
      for (; at + 16 <= row; at += 16) {
        const low = f32x4.add(v128.load(x + at), v128.load(x1 + at));
        const high = f32x4.add(v128.load(x2 + at), v128.load(x3 + at));
        v128.store(y + at, f32x4.add(v128.load(y + at), f32x4.add(low, high)));
      }
      for (; at < row; at += 4) {
        const low = load<f32>(x + at) + load<f32>(x1 + at);
        const high = load<f32>(x2 + at) + load<f32>(x3 + at);
        store<f32>(y + at, load<f32>(y + at) + (low + high));
      }
    }
    for (; j < count; j++, x += row) {
      for (let at: usize = 0; at < row; at += 4) {
        store<f32>(y + at, load<f32>(y + at) + load<f32>(x + at));
      }
    }
  }
}
