// Depthwise convolutions: each channel of the results is of one channel of the images, so vectors have channels.
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { endWithin, firstWithin, framed, framedRow, reverse, secondWindowIn, Window, windowIn } from './window';

/**
 * y = the depthwise convolution of x with a filter, plus the bias; {@link slide} has described how. Every channel of x has
 * outChannels / channels results.
 *
 * @param x [batch, height, width, channels]
 * @param filter [filterHeight, filterWidth, outChannels]
 * @param bias [outChannels], or 0 for none
 * @param y [batch, outHeight, outWidth, outChannels], overwritten
 * @param workspace for filterHeight·filterWidth offsets; an image of [height, width, outChannels] with zeros to its left and right; and
 *   such an image without them, if there are more results than channels
 * @eager
 */
export function convolveDepthwise(
  x: usize,
  filter: usize,
  bias: usize,
  y: usize,
  scratch: usize,
  workspace: usize,
): void {
  const window = windowIn(scratch);
  const count = window.height * window.width * window.channels;
  const each = window.outChannels / window.channels;
  window.channels = window.outChannels;
  const room = each > 1 ? workspace + floats(count * each) : workspace;
  for (let i = 0; i < window.batch; i++, x += floats(count), y += window.outImage) {
    if (each > 1) repeat(floats(count), each, x, workspace);
    correlate(window, each > 1 ? workspace : x, filter, bias, room, y);
  }
}

/**
 * dx = the gradient of {@link convolveDepthwise} by x.
 *
 * @param dy [batch, outHeight, outWidth, outChannels]
 * @param filter [filterHeight, filterWidth, outChannels]
 * @param dx [batch, height, width, channels], overwritten
 * @param workspace for a filter; an offset for each of its values of a channel; an image of dy with zeros to its left and right; and,
 *   if there are more results than channels, an image of [height, width, outChannels]
 * @eager
 */
export function convolveInputDepthwise(dy: usize, filter: usize, dx: usize, scratch: usize, workspace: usize): void {
  const window = windowIn(scratch);
  const part = secondWindowIn(scratch);
  const outChannels = window.outChannels;
  const channels = window.channels;
  const count = window.height * window.width;
  const isMultiple = outChannels > channels;
  const outPixel = floats(outChannels);
  // The gradient by an image in which every channel stands as often as it has results.
  window.channels = outChannels;
  const own = workspace;
  const rest = isMultiple ? own + outPixel * count : own;
  for (let i = 0; i < window.batch; i++) {
    const to = isMultiple ? own : dx;
    for (let row = 0; row < window.strideHeight; row++) {
      for (let column = 0; column < window.strideWidth; column++) {
        const first = reverse(window, row, column, part);
        if (first < 0) continue;
        let at = rest;
        for (let j = part.filterHeight - 1; j >= 0; j--) {
          for (let k = part.filterWidth - 1; k >= 0; k--, at += outPixel) {
            const tap = (row + j * window.strideHeight) * window.filterWidth + column + k * window.strideWidth;
            memory.copy(at, filter + outPixel * tap, outPixel);
          }
        }
        correlate(part, dy, rest, 0, at, to + outPixel * first);
      }
    }
    if (isMultiple) sumOfEach(count * channels, outChannels / channels, own, dx);
    dy += outPixel * (window.outHeight * window.outWidth);
    dx += floats(count * channels);
  }
}

/** y = sums of `size` values. */
function sumOfEach(count: i32, size: i32, x: usize, y: usize): void {
  for (let i = 0; i < count; i++, y += 4) {
    let sum: f32 = 0;
    for (let j = 0; j < size; j++, x += 4) sum += load<f32>(x);
    store<f32>(y, sum);
  }
}

/** The depthwise convolution of one image, with as many results as it has channels. */
function correlate(window: Window, x: usize, filter: usize, bias: usize, room: usize, y: usize): void {
  const filterHeight = window.filterHeight;
  const filterWidth = window.filterWidth;
  const dilationHeight = window.dilationHeight;
  const outWidth = window.outWidth;
  const pixel = floats(window.channels);
  const rowBytes = framedRow(window);
  let run = room;
  for (let j = 0; j < filterHeight; j++) {
    for (let k = 0; k < filterWidth; k++, run += 4) {
      store<u32>(run, <u32>(rowBytes * (j * dilationHeight) + pixel * (k * window.dilationWidth)));
    }
  }
  const image = framed(window, x, run);
  for (let r = 0; r < window.outHeight; r++, y += window.outRow) {
    const top = r * window.strideHeight - window.top;
    const first = firstWithin(top, dilationHeight, filterHeight);
    const end = max(first, endWithin(top, dilationHeight, filterHeight, window.height));
    const runs = room + floats(first * filterWidth);
    const runsEnd = room + floats(end * filterWidth);
    const b = filter + pixel * (first * filterWidth);
    const a = image + rowBytes * top;
    const step = pixel * window.strideWidth;
    for (let c = 0; c < outWidth; c += 4) {
      const columns = min(4, outWidth - c);
      const from = a + step * c;
      const to = y + window.outColumn * c;
      let at: usize = 0;
      for (; at + 16 <= pixel; at += 16) {
        const start = bias ? v128.load(bias + at) : f32x4.splat(0);
        addResults(true, columns, from + at, step, runs, runsEnd, b + at, pixel, start, to + at, window.outColumn);
      }
      for (; at < pixel; at += 4) {
        const start = bias ? v128.load32_splat(bias + at) : f32x4.splat(0);
        addResults(false, columns, from + at, step, runs, runsEnd, b + at, pixel, start, to + at, window.outColumn);
      }
    }
  }
}

/**
 * The results of four channels, or one, in up to four columns: each value of the filter is loaded once for all of them. Columns beyond
 * the last are computed as the last one.
 */
// @ts-expect-error: decorator
@inline
function addResults(
  whole: bool,
  columns: i32,
  a: usize,
  step: usize,
  runs: usize,
  runsEnd: usize,
  b: usize,
  bStep: usize,
  start: v128,
  y: usize,
  yStep: usize,
): void {
  const second = min(1, columns - 1);
  const third = min(2, columns - 1);
  const o1 = step * second;
  const o2 = step * third;
  const o3 = step * (columns - 1);
  let y0 = start;
  let y1 = start;
  let y2 = start;
  let y3 = start;
  for (; runs < runsEnd; runs += 4, b += bStep) {
    const value = loadLanes(whole, b);
    const from = a + load<i32>(runs);
    y0 = multiplyAdd(loadLanes(whole, from), value, y0);
    y1 = multiplyAdd(loadLanes(whole, from + o1), value, y1);
    y2 = multiplyAdd(loadLanes(whole, from + o2), value, y2);
    y3 = multiplyAdd(loadLanes(whole, from + o3), value, y3);
  }
  storeLanes(whole, y, y0);
  storeLanes(whole, y + yStep * second, y1);
  storeLanes(whole, y + yStep * third, y2);
  storeLanes(whole, y + yStep * (columns - 1), y3);
}

/**
 * dFilter = the gradient of {@link convolveDepthwise} by the filter.
 *
 * @param x [batch, height, width, channels]
 * @param dy [batch, outHeight, outWidth, outChannels]
 * @param filter [filterHeight, filterWidth, outChannels], overwritten
 * @param workspace for an image of x with zeros to its left and right; and, if there are more results than channels, an image of
 *   [height, width, outChannels]
 * @eager
 */
export function convolveFilterDepthwise(x: usize, dy: usize, filter: usize, scratch: usize, workspace: usize): void {
  const window = windowIn(scratch);
  const outChannels = window.outChannels;
  const count = window.height * window.width;
  const each = outChannels / window.channels;
  const imageBytes = floats(count * window.channels);
  const outPixel = floats(outChannels);
  const room = each > 1 ? workspace + outPixel * count : workspace;
  memory.fill(filter, 0, outPixel * (window.filterHeight * window.filterWidth));
  window.channels = outChannels;
  for (let i = 0; i < window.batch; i++) {
    let image = x;
    if (each > 1) {
      image = workspace;
      repeat(imageBytes, each, x, image);
    }
    addToFilter(window, framed(window, image, room), dy, filter);
    x += imageBytes;
    dy += outPixel * (window.outHeight * window.outWidth);
  }
}

/** y = each of the values several times. */
function repeat(bytes: usize, times: i32, x: usize, y: usize): void {
  const end = x + bytes;
  for (; x < end; x += 4) {
    const value = load<f32>(x);
    for (let i = 0; i < times; i++, y += 4) store<f32>(y, value);
  }
}

/** Adds the part of an image to the gradient of the filter. */
function addToFilter(window: Window, image: usize, dy: usize, filter: usize): void {
  const filterWidth = window.filterWidth;
  const outHeight = window.outHeight;
  const pixel = floats(window.channels);
  const rowBytes = framedRow(window);
  const nextRow = rowBytes * window.strideHeight;
  const step = pixel * window.strideWidth;
  const next = pixel * window.dilationWidth;
  for (let j = 0; j < window.filterHeight; j++) {
    const top = j * window.dilationHeight - window.top;
    const first = firstWithin(top, window.strideHeight, outHeight);
    const rows = endWithin(top, window.strideHeight, outHeight, window.height) - first;
    const from = image + rowBytes * (top + first * window.strideHeight);
    const gradient = dy + window.outRow * first;
    for (let k = 0; k < filterWidth; k += 3) {
      const taps = min(3, filterWidth - k);
      const a = from + next * k;
      let at: usize = 0;
      for (; at + 16 <= pixel; at += 16) {
        addTaps(true, taps, rows, window.outWidth, a + at, nextRow, step, next, gradient + at, pixel, filter + at);
      }
      for (; at < pixel; at += 4) {
        addTaps(false, taps, rows, window.outWidth, a + at, nextRow, step, next, gradient + at, pixel, filter + at);
      }
      filter += pixel * taps;
    }
  }
}

/**
 * Adds to up to three values of the filter, for four channels or one. Values beyond them are computed as the last one, and not stored.
 *
 * @param a the pixels beneath the first value: rows `aRow` bytes apart, `aStep` in a row, and `next` to those beneath the next value
 * @param b the gradient, whose rows follow each other
 */
// @ts-expect-error: decorator
@inline
function addTaps(
  whole: bool,
  taps: i32,
  rows: i32,
  columns: i32,
  a: usize,
  aRow: usize,
  aStep: usize,
  next: usize,
  b: usize,
  bStep: usize,
  to: usize,
): void {
  const o1 = next * min(1, taps - 1);
  const o2 = next * (taps - 1);
  let sum0 = loadLanes(whole, to);
  let sum1 = f32x4.splat(0);
  let sum2 = f32x4.splat(0);
  for (let row = 0; row < rows; row++, a += aRow) {
    let from = a;
    for (const end = b + bStep * columns; b < end; b += bStep, from += aStep) {
      const value = loadLanes(whole, b);
      sum0 = multiplyAdd(loadLanes(whole, from), value, sum0);
      sum1 = multiplyAdd(loadLanes(whole, from + o1), value, sum1);
      sum2 = multiplyAdd(loadLanes(whole, from + o2), value, sum2);
    }
  }
  storeLanes(whole, to, sum0);
  if (taps > 1) storeLanes(whole, to + bStep, f32x4.add(loadLanes(whole, to + bStep), sum1));
  if (taps > 2) storeLanes(whole, to + (bStep << 1), f32x4.add(loadLanes(whole, to + (bStep << 1)), sum2));
}
