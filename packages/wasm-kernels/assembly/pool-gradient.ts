import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { endWithin, firstWithin, windowIn } from './window';

/**
 * dx = the gradient of the maxima or means of windows; {@link slide} has described the windows, without dilations. The gradient of a
 * maximum goes to the first value that equals it; that of a mean is divided by the size of a whole window, as tfjs does at the edges
 * too.
 *
 * @param x [batch, height, width, channels], or 0 for means
 * @param dy [batch, outHeight, outWidth, channels]
 * @param dx [batch, height, width, channels], overwritten
 * @eager
 */
export function poolGradient(x: usize, dy: usize, dx: usize, scratch: usize): void {
  const window = windowIn(scratch);
  const isMaximum = x != 0;
  const pixel = floats(window.channels);
  const width = window.width;
  const height = window.height;
  const filterWidth = window.filterWidth;
  const filterHeight = window.filterHeight;
  const rowBytes = pixel * width;
  const image = rowBytes * height;
  const share = f32x4.splat(isMaximum ? 1 : <f32>1 / <f32>(filterHeight * filterWidth));
  memory.fill(dx, 0, image * window.batch);
  for (let i = 0; i < window.batch; i++, x += image, dx += image) {
    for (let r = 0; r < window.outHeight; r++) {
      const top = r * window.strideHeight - window.top;
      const firstRow = top + firstWithin(top, 1, filterHeight);
      const rows = top + endWithin(top, 1, filterHeight, height) - firstRow;
      for (let c = 0; c < window.outWidth; c++) {
        const left = c * window.strideWidth - window.left;
        const firstColumn = left + firstWithin(left, 1, filterWidth);
        const columns = left + endWithin(left, 1, filterWidth, width) - firstColumn;
        // Not within the image if the window is not.
        const first = rowBytes * firstRow + pixel * firstColumn;
        let at: usize = 0;
        for (; at + 16 <= pixel; at += 16, dy += 16) {
          const value = f32x4.mul(v128.load(dy), share);
          addToWindow(true, isMaximum, value, rows, columns, rowBytes, pixel, x + first + at, dx + first + at);
        }
        for (; at < pixel; at += 4, dy += 4) {
          const value = f32x4.mul(v128.load32_splat(dy), share);
          addToWindow(false, isMaximum, value, rows, columns, rowBytes, pixel, x + first + at, dx + first + at);
        }
      }
    }
  }
}

/** Adds the gradient of four channels, or one, of a window: to all its values, or to the maximum. */
// @ts-expect-error: decorator
@inline
function addToWindow(
  whole: bool,
  isMaximum: bool,
  value: v128,
  rows: i32,
  columns: i32,
  rowBytes: usize,
  pixel: usize,
  x: usize,
  dx: usize,
): void {
  const one = i32x4.splat(1);
  let place = i32x4.splat(-1);
  const everywhere = isMaximum ? i32x4.splat(0) : place;
  if (isMaximum) {
    let greatest = f32x4.splat(-Infinity);
    let here = i32x4.splat(0);
    for (let r = 0; r < rows; r++, x += rowBytes) {
      let from = x;
      for (let c = 0; c < columns; c++, from += pixel) {
        const candidate = loadLanes(whole, from);
        const isGreater = f32x4.gt(candidate, greatest);
        greatest = v128.bitselect(candidate, greatest, isGreater);
        place = v128.bitselect(here, place, isGreater);
        here = i32x4.add(here, one);
      }
    }
  }
  let here = i32x4.splat(0);
  for (let r = 0; r < rows; r++, dx += rowBytes) {
    let to = dx;
    for (let c = 0; c < columns; c++, to += pixel) {
      const part = v128.and(value, v128.or(everywhere, i32x4.eq(here, place)));
      storeLanes(whole, to, f32x4.add(loadLanes(whole, to), part));
      here = i32x4.add(here, one);
    }
  }
}
