// How the kernels of convolutions and of pooling know what slides over what: more numbers than one passes from function to function.
import { floats } from './floats';

/** A filter that slides over images [batch, height, width, channels]. */
// @ts-expect-error: decorator
@unmanaged
export class Window {
  batch: i32;
  height: i32;
  width: i32;
  channels: i32;
  outHeight: i32;
  outWidth: i32;
  outChannels: i32;
  filterHeight: i32;
  filterWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  /** The rows and columns of zeros before the image's own. */
  top: i32;
  left: i32;
  /** How many bytes the results of an image, of a row, and of a column are after those before. */
  outImage: usize;
  outRow: usize;
  outColumn: usize;
}

/** Zeros, in place of a bias. */
const NO_BIAS_BYTES: usize = 32;
/** A tile of results, of which an image has only a part. */
const TILE_BYTES: usize = 224;
const WINDOW_BYTES: usize = 128;

// @ts-expect-error: decorator
@inline
export function tileIn(scratch: usize): usize {
  return scratch + NO_BIAS_BYTES;
}

/** The window that {@link slide} described. */
// @ts-expect-error: decorator
@inline
export function windowIn(scratch: usize): Window {
  return changetype<Window>(scratch + NO_BIAS_BYTES + TILE_BYTES);
}

/** Room for a second window. */
// @ts-expect-error: decorator
@inline
export function secondWindowIn(scratch: usize): Window {
  return changetype<Window>(scratch + NO_BIAS_BYTES + TILE_BYTES + WINDOW_BYTES);
}

/** The bytes at the beginning of scratch memory that windows take, and zeros in place of a bias. */
export function windowBytes(): usize {
  return NO_BIAS_BYTES + TILE_BYTES + 2 * WINDOW_BYTES;
}

/**
 * Describes the window for the next call of a kernel of convolutions or pooling.
 *
 * @param top, left the rows and columns of zeros before the image's own
 * @eager
 */
export function slide(
  scratch: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  outChannels: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  top: i32,
  left: i32,
): void {
  memory.fill(scratch, 0, NO_BIAS_BYTES);
  const window = windowIn(scratch);
  window.batch = batch;
  window.height = height;
  window.width = width;
  window.channels = channels;
  window.outHeight = outHeight;
  window.outWidth = outWidth;
  window.outChannels = outChannels;
  window.filterHeight = filterHeight;
  window.filterWidth = filterWidth;
  window.strideHeight = strideHeight;
  window.strideWidth = strideWidth;
  window.dilationHeight = dilationHeight;
  window.dilationWidth = dilationWidth;
  window.top = top;
  window.left = left;
  window.outColumn = floats(outChannels);
  window.outRow = floats(outWidth * outChannels);
  window.outImage = floats(outHeight * outWidth * outChannels);
}

/** The first of `count` positions, `step` apart from `offset` on, that is not negative; `count` if none is. */
export function firstWithin(offset: i32, step: i32, count: i32): i32 {
  return offset >= 0 ? 0 : min(count, (step - 1 - offset) / step);
}

/** The first of `count` positions, `step` apart from `offset` on, that is not below `length`. */
export function endWithin(offset: i32, step: i32, count: i32, length: i32): i32 {
  return offset >= length ? 0 : min(count, (length - offset + step - 1) / step);
}

/** How many columns of an image the filter passes over, the zeros included. */
function reach(window: Window): i32 {
  return (window.outWidth - 1) * window.strideWidth + (window.filterWidth - 1) * window.dilationWidth + 1;
}

/** Whether the filter passes over columns that the image does not have. */
function isBeyond(window: Window): bool {
  return window.left > 0 || reach(window) - window.left > window.width;
}

/** The bytes of a row of an image that {@link framed} returns. */
export function framedRow(window: Window): usize {
  return floats((isBeyond(window) ? reach(window) : window.width) * window.channels);
}

/**
 * An image with zeros to its left and right, as far as the filter passes over them: a copy, or the image itself if there are none.
 *
 * @param room for the copy
 * @returns the address of the first column that the filter passes over
 */
export function framed(window: Window, image: usize, room: usize): usize {
  const pixel = floats(window.channels);
  const left = window.left;
  if (!isBeyond(window)) return image - pixel * left;
  const columns = reach(window);
  const first = min(columns, max(0, left));
  const end = max(first, min(columns, left + window.width));
  const before = pixel * first;
  const bytes = pixel * (end - first);
  const after = pixel * (columns - end);
  let from = image + pixel * (first - left);
  let to = room;
  for (let row = 0; row < window.height; row++, from += pixel * window.width) {
    memory.fill(to, 0, before);
    to += before;
    memory.copy(to, from, bytes);
    to += bytes;
    memory.fill(to, 0, after);
    to += after;
  }
  return room;
}

/**
 * Describes a part of the gradient by the input as a convolution of dy: that of the pixels beneath the values
 * [row + i·strideHeight, column + j·strideWidth] of the filter, taken from the last to the first.
 *
 * @returns the place in dx, in pixels, of the first of these pixels; −1 if an image has none
 */
export function reverse(window: Window, row: i32, column: i32, part: Window): i32 {
  const down = window.strideHeight;
  const right = window.strideWidth;
  const firstRow = remainder(row - window.top, down);
  const firstColumn = remainder(column - window.left, right);
  if (firstRow >= window.height || firstColumn >= window.width) return -1;
  part.batch = window.batch;
  part.height = window.outHeight;
  part.width = window.outWidth;
  part.channels = window.outChannels;
  part.outHeight = (window.height - firstRow + down - 1) / down;
  part.outWidth = (window.width - firstColumn + right - 1) / right;
  part.outChannels = window.channels;
  part.filterHeight = max(0, (window.filterHeight - row + down - 1) / down);
  part.filterWidth = max(0, (window.filterWidth - column + right - 1) / right);
  part.strideHeight = 1;
  part.strideWidth = 1;
  part.dilationHeight = window.dilationHeight;
  part.dilationWidth = window.dilationWidth;
  part.top = (part.filterHeight - 1) * part.dilationHeight - (firstRow + window.top - row) / down;
  part.left = (part.filterWidth - 1) * part.dilationWidth - (firstColumn + window.left - column) / right;
  part.outColumn = floats(right * window.channels);
  part.outRow = floats(down * window.width * window.channels);
  part.outImage = floats(window.height * window.width * window.channels);
  return firstRow * window.width + firstColumn;
}

/** The remainder of a division, never negative. */
function remainder(value: i32, by: i32): i32 {
  const rest = value % by;
  return rest < 0 ? rest + by : rest;
}
