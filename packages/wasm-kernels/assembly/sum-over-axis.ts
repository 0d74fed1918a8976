import { floats } from './floats';
import { sumColumns } from './sum-rows';

/**
 * y[i, k] = Σⱼ x[i, j, k].
 *
 * @param x [outer, count, inner]
 * @param y [outer, inner], overwritten
 */
export function sumOverAxis(outer: i32, count: i32, inner: i32, x: usize, y: usize): void {
  for (let i = 0; i < outer; i++) {
    const row = floats(inner);
    sumColumns(count, row, row, x + floats(i * count * inner), y + floats(i * inner));
  }
}
