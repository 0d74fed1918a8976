// Convolutions of images [batch, height, width, channels] without a matrix of patches: the micro-kernel of products reads the pixels
// beneath a filter in place, run by run. Rows that an image does not have are left out.
import { floats } from './floats';
import { multiplyAdd } from './multiply-add';
import { addToStart, COLUMNS, pack, packTransposed, ROWS, SHORT_ROWS, storeRow, tallRows } from './product';
import {
  endWithin,
  firstWithin,
  framed,
  framedRow,
  reverse,
  secondWindowIn,
  tileIn,
  Window,
  windowIn,
} from './window';

/** The bytes of a row of a panel. */
const PANEL_ROW: usize = COLUMNS << 2;

/**
 * y = the convolution of x with a filter, plus the bias; {@link slide} has described how.
 *
 * @param x [batch, height, width, channels]
 * @param filter [filterHeight, filterWidth, channels, outChannels]
 * @param bias [outChannels], or 0 for none
 * @param y [batch, outHeight, outWidth, outChannels], overwritten
 * @param workspace for the filter, its last length rounded up to a multiple of 8; filterHeight·filterWidth offsets; and an image with
 *   zeros to its left and right
 * @eager
 */
export function convolve(
  x: usize,
  filter: usize,
  bias: usize,
  y: usize,
  scratch: usize,
  workspace: usize,
): void {
  const window = windowIn(scratch);
  const depth = window.filterHeight * window.filterWidth * window.channels;
  pack(COLUMNS, filter, window.outChannels, window.outChannels, depth, workspace);
  correlate(window, x, workspace, bias, y, scratch);
}

/**
 * dx = the gradient of {@link convolve} by x, for a filter without dilation. With strides, it is several convolutions of dy, each with
 * the values of the filter that lie on the same pixels.
 *
 * @param dy [batch, outHeight, outWidth, outChannels]
 * @param filter [filterHeight, filterWidth, channels, outChannels]
 * @param dx [batch, height, width, channels], overwritten
 * @param workspace as for {@link convolve}, with `channels` and `outChannels` exchanged
 * @eager
 */
export function convolveInput(dy: usize, filter: usize, dx: usize, scratch: usize, workspace: usize): void {
  const window = windowIn(scratch);
  const part = secondWindowIn(scratch);
  const channels = window.channels;
  const outChannels = window.outChannels;
  const filterWidth = window.filterWidth;
  const strideHeight = window.strideHeight;
  const strideWidth = window.strideWidth;
  for (let row = 0; row < strideHeight; row++) {
    for (let column = 0; column < strideWidth; column++) {
      const first = reverse(window, row, column, part);
      if (first < 0) continue;
      let panel = workspace;
      for (let channel = 0; channel < channels; channel += COLUMNS) {
        for (let j = part.filterHeight - 1; j >= 0; j--) {
          for (let k = part.filterWidth - 1; k >= 0; k--) {
            const tap = (row + j * strideHeight) * filterWidth + column + k * strideWidth;
            const from = filter + floats((tap * channels + channel) * outChannels);
            packTransposed(COLUMNS, from, outChannels, min(COLUMNS, channels - channel), outChannels, panel);
            panel += PANEL_ROW * outChannels;
          }
        }
      }
      correlate(part, dy, workspace, 0, dx + floats(first * channels), scratch);
    }
  }
}

/** A convolution with a packed filter, which the rest of the workspace follows. */
function correlate(window: Window, x: usize, panels: usize, bias: usize, y: usize, scratch: usize): void {
  const tile = tileIn(scratch);
  const outWidth = window.outWidth;
  const tall = tallRows(outWidth);
  const channels = window.channels;
  const height = window.height;
  const outChannels = window.outChannels;
  const filterHeight = window.filterHeight;
  const strideHeight = window.strideHeight;
  const dilationHeight = window.dilationHeight;
  const isWhole = window.dilationWidth == 1;
  const runsOfRow = isWhole ? 1 : window.filterWidth;
  const length = isWhole ? channels * window.filterWidth : channels;
  const bytesOfTaps = PANEL_ROW * (length * runsOfRow);
  const pixel = floats(channels);
  const step = pixel * window.strideWidth;
  const rowBytes = framedRow(window);
  const runs = panels + bytesOfTaps * filterHeight * ((outChannels + COLUMNS - 1) / COLUMNS);
  let run = runs;
  for (let j = 0; j < filterHeight; j++) {
    for (let k = 0; k < runsOfRow; k++, run += 4) {
      store<u32>(run, <u32>(rowBytes * (j * dilationHeight) + pixel * (k * window.dilationWidth)));
    }
  }
  for (let i = 0; i < window.batch; i++) {
    const image = framed(window, x, run);
    let panel = panels;
    for (let channel = 0; channel < outChannels; channel += COLUMNS) {
      const columns = min(COLUMNS, outChannels - channel);
      const start = bias ? bias + floats(channel) : scratch;
      let out = y + floats(channel);
      for (let r = 0; r < window.outHeight; r++, out += window.outRow) {
        const top = r * strideHeight - window.top;
        const first = firstWithin(top, dilationHeight, filterHeight);
        const count = max(0, endWithin(top, dilationHeight, filterHeight, height) - first);
        const a = image + rowBytes * top;
        const from = runs + floats(first * runsOfRow);
        const b = panel + bytesOfTaps * first;
        for (let column = 0; column < outWidth; ) {
          const rows = column < tall ? ROWS : SHORT_ROWS;
          const present = min(rows, outWidth - column);
          const left = a + step * column;
          const to = out + window.outColumn * column;
          column += rows;
          if (present == rows && columns == COLUMNS) {
            multiplyRuns(
              rows, rows, left, 4, step, from, count * runsOfRow, length, b, PANEL_ROW, start, 0, to, window.outColumn,
            );
          } else {
            multiplyRuns(
              rows, present, left, 4, step, from, count * runsOfRow, length, b, PANEL_ROW, scratch, 0, tile, PANEL_ROW,
            );
            addToStart(present, columns, tile, start, 0, to, window.outColumn);
          }
        }
      }
      panel += bytesOfTaps * filterHeight;
    }
    x += pixel * (height * window.width);
    y += window.outImage;
  }
}

/**
 * dFilter = the gradient of {@link convolve} by the filter.
 *
 * @param x [batch, height, width, channels]
 * @param dy [batch, outHeight, outWidth, outChannels]
 * @param filter [filterHeight, filterWidth, channels, outChannels], overwritten
 * @param workspace for one image of dy and for a filter of `channels` + 5, both with `outChannels` rounded up to a multiple of 8;
 *   `outHeight` offsets; and an image of x with zeros to its left and right
 * @eager
 */
export function convolveFilter(x: usize, dy: usize, filter: usize, scratch: usize, workspace: usize): void {
  const window = windowIn(scratch);
  const channels = window.channels;
  const height = window.height;
  const outChannels = window.outChannels;
  const outHeight = window.outHeight;
  const outWidth = window.outWidth;
  const filterHeight = window.filterHeight;
  const strideHeight = window.strideHeight;
  const dilationHeight = window.dilationHeight;
  const isWhole = window.dilationWidth == 1;
  const runsOfRow = isWhole ? 1 : window.filterWidth;
  const length = isWhole ? channels * window.filterWidth : channels;
  const tall = tallRows(length);
  const pixel = floats(channels);
  const step = pixel * window.strideWidth;
  const rowBytes = framedRow(window);
  const pixels = outHeight * outWidth;
  const panels = (outChannels + COLUMNS - 1) / COLUMNS;

  const offsets = workspace;
  for (let r = 0; r < outHeight; r++) {
    store<u32>(offsets + floats(r), <u32>(rowBytes * (r * strideHeight)));
  }
  const packed = offsets + floats(outHeight);
  const sums = packed + PANEL_ROW * (panels * pixels);
  // Rows of tiles beyond the last one of a run are summed too.
  const tail = length - tall;
  const rowsOfRun = (min(tall, length) + ROWS - 1) / ROWS * ROWS + max(0, tail + SHORT_ROWS - 1) / SHORT_ROWS * SHORT_ROWS;
  const room = sums + PANEL_ROW * (panels * filterHeight * runsOfRow * rowsOfRun);
  memory.fill(sums, 0, room - sums);
  for (let i = 0; i < window.batch; i++) {
    const image = framed(window, x, room);
    let panel = dy;
    if (outChannels != COLUMNS) {
      pack(COLUMNS, dy, outChannels, outChannels, pixels, packed);
      panel = packed;
    }
    let sum = sums;
    for (let each = 0; each < panels; each++) {
      for (let j = 0; j < filterHeight; j++) {
        const top = j * dilationHeight - window.top;
        const first = firstWithin(top, strideHeight, outHeight);
        const count = endWithin(top, strideHeight, outHeight, height) - first;
        if (count <= 0) {
          sum += PANEL_ROW * (runsOfRow * rowsOfRun);
          continue;
        }
        for (let k = 0; k < runsOfRow; k++) {
          const from = image + rowBytes * top + pixel * (k * window.dilationWidth);
          for (let row = 0; row < length; ) {
            const rows = row < tall ? ROWS : SHORT_ROWS;
            multiplyRuns(
              rows,
              min(rows, length - row),
              from + floats(row),
              step,
              4,
              offsets + floats(first),
              count,
              outWidth,
              panel + PANEL_ROW * (first * outWidth),
              PANEL_ROW,
              sum,
              PANEL_ROW,
              sum,
              PANEL_ROW,
            );
            sum += PANEL_ROW * rows;
            row += rows;
          }
        }
      }
      panel += PANEL_ROW * pixels;
    }
    x += pixel * (height * window.width);
    dy += floats(pixels * outChannels);
  }
  let sum = sums;
  for (let channel = 0; channel < outChannels; channel += COLUMNS) {
    let to = filter + floats(channel);
    const bytes = floats(min(COLUMNS, outChannels - channel));
    for (let run = 0; run < filterHeight * runsOfRow; run++) {
      for (let row = 0; row < length; row++, to += floats(outChannels)) memory.copy(to, sum + PANEL_ROW * row, bytes);
      sum += PANEL_ROW * rowsOfRun;
    }
  }
}

/**
 * A tile of C = A·B + `start`, whose operands are read in place. Rows beyond the last are computed as the last one. It is what
 * `product.ts` does with small matrices, by runs; apart, so that the inner loop there stays without them.
 *
 * @param aStep, bStep how many bytes the values of the next depth are away
 * @param aRow how many bytes the next row of A is away
 * @param runs how many bytes from `a` each run of `length` depths of A begins; those of B follow each other
 */
function multiplyRuns(
  height: i32,
  rows: i32,
  a: usize,
  aStep: usize,
  aRow: usize,
  runs: usize,
  runCount: i32,
  length: i32,
  b: usize,
  bStep: usize,
  start: usize,
  startRow: usize,
  c: usize,
  cRow: usize,
): void {
  const o1 = aRow * min(1, rows - 1);
  const o2 = aRow * min(2, rows - 1);
  const o3 = aRow * min(3, rows - 1);
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + startRow);
  let c11 = v128.load(start + startRow, 16);
  let c20 = v128.load(start + (startRow << 1));
  let c21 = v128.load(start + (startRow << 1), 16);
  let c30 = v128.load(start + startRow * 3);
  let c31 = v128.load(start + startRow * 3, 16);
  const runsEnd = length == 0 ? runs : runs + floats(runCount);
  const bytes = aStep * length;
  let from = a;
  let end = a;
  if (height == SHORT_ROWS) {
    // One loop for all runs: V8 11 (Node 20) does not keep the sums of an inner one in registers.
    while (true) {
      if (from == end) {
        if (runs == runsEnd) break;
        from = a + load<i32>(runs);
        end = from + bytes;
        runs += 4;
      }
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let value = v128.load32_splat(from);
      c00 = multiplyAdd(value, b0, c00);
      c01 = multiplyAdd(value, b1, c01);
      value = v128.load32_splat(from + o1);
      c10 = multiplyAdd(value, b0, c10);
      c11 = multiplyAdd(value, b1, c11);
      value = v128.load32_splat(from + o2);
      c20 = multiplyAdd(value, b0, c20);
      c21 = multiplyAdd(value, b1, c21);
      value = v128.load32_splat(from + o3);
      c30 = multiplyAdd(value, b0, c30);
      c31 = multiplyAdd(value, b1, c31);
      from += aStep;
      b += bStep;
    }
    storeRow(c00, c01, c);
    storeRow(c10, c11, c + cRow);
    storeRow(c20, c21, c + (cRow << 1));
    storeRow(c30, c31, c + cRow * 3);
    return;
  }
  const o4 = aRow * min(4, rows - 1);
  const o5 = aRow * min(5, rows - 1);
  let c40 = v128.load(start + (startRow << 2));
  let c41 = v128.load(start + (startRow << 2), 16);
  let c50 = c40;
  let c51 = c41;
  if (ROWS == 6) {
    c50 = v128.load(start + startRow * 5);
    c51 = v128.load(start + startRow * 5, 16);
  }
  while (true) {
    if (from == end) {
      if (runs == runsEnd) break;
      from = a + load<i32>(runs);
      end = from + bytes;
      runs += 4;
    }
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let value = v128.load32_splat(from);
    c00 = multiplyAdd(value, b0, c00);
    c01 = multiplyAdd(value, b1, c01);
    value = v128.load32_splat(from + o1);
    c10 = multiplyAdd(value, b0, c10);
    c11 = multiplyAdd(value, b1, c11);
    value = v128.load32_splat(from + o2);
    c20 = multiplyAdd(value, b0, c20);
    c21 = multiplyAdd(value, b1, c21);
    value = v128.load32_splat(from + o3);
    c30 = multiplyAdd(value, b0, c30);
    c31 = multiplyAdd(value, b1, c31);
    value = v128.load32_splat(from + o4);
    c40 = multiplyAdd(value, b0, c40);
    c41 = multiplyAdd(value, b1, c41);
    if (ROWS == 6) {
      value = v128.load32_splat(from + o5);
      c50 = multiplyAdd(value, b0, c50);
      c51 = multiplyAdd(value, b1, c51);
    }
    from += aStep;
    b += bStep;
  }
  storeRow(c00, c01, c);
  storeRow(c10, c11, c + cRow);
  storeRow(c20, c21, c + (cRow << 1));
  storeRow(c30, c31, c + cRow * 3);
  storeRow(c40, c41, c + (cRow << 2));
  if (ROWS == 6) storeRow(c50, c51, c + cRow * 5);
}
