// Products with a matrix X in which most values are one constant c, such as the background of images. X is split into c + (X
// − c): the first part needs only sums over the other matrix, the second only its rows at the remaining values, the
// foreground.
import { floats } from './floats';
import { multiplyAdd } from './multiply-add';
import { startOfPart } from './parts';

/** The number of columns computed at a time, in twelve registers. */
const COLUMNS = 48;
const BLOCK_ROW: usize = COLUMNS << 2;
/** An entry is the offset, in a packed block, of the row it multiplies, followed by a foreground value minus c. */
const ENTRY: usize = 8;

/** How many values {@link background} samples. */
const SAMPLES = 256;

/**
 * The value of the majority of a sample of X, or NaN if no value has a majority: the vote of Boyer and Moore, "MJRTY: a fast
 * majority vote algorithm" (1981), followed by a count of its result.
 */
export function background(count: i32, x: usize): f32 {
  const samples = min(count, SAMPLES);
  let candidate = f32.NaN;
  let lead = 0;
  for (let i = 0; i < samples; i++) {
    const value = load<f32>(x + sampleAt(i, count));
    if (lead == 0) candidate = value;
    lead += value == candidate ? 1 : -1;
  }
  let votes = 0;
  for (let i = 0; i < samples; i++) {
    if (load<f32>(x + sampleAt(i, count)) == candidate) votes++;
  }
  return votes * 2 > samples ? candidate : f32.NaN;
}

/** The position of sample i, scattered by the golden ratio: steps of equal length might hit only certain columns. */
// @ts-expect-error: decorator
@inline
function sampleAt(i: i32, count: i32): usize {
  return (<usize>((<u32>i * 2654435769) % <u32>count)) << 2;
}

/** How many values of X are not c. */
export function countForeground(count: i32, x: usize, c: f32): i32 {
  const constant = f32x4.splat(c);
  let equal = i32x4.splat(0);
  let i = 0;
  // A comparison is −1 where it is true.
  for (; i + 4 <= count; i += 4) equal = i32x4.add(equal, f32x4.eq(v128.load(x + floats(i)), constant));
  let others =
    i +
    i32x4.extract_lane(equal, 0) +
    i32x4.extract_lane(equal, 1) +
    i32x4.extract_lane(equal, 2) +
    i32x4.extract_lane(equal, 3);
  for (; i < count; i++) if (load<f32>(x + floats(i)) != c) others++;
  return others;
}

/** The sum of the magnitudes of the values of X that are not c. */
export function foregroundMagnitude(count: i32, x: usize, c: f32): f32 {
  const constant = f32x4.splat(c);
  let sums = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const values = v128.load(x + floats(i));
    sums = f32x4.add(sums, v128.andnot(f32x4.abs(values), f32x4.eq(values, constant)));
  }
  let sum =
    f32x4.extract_lane(sums, 0) +
    f32x4.extract_lane(sums, 1) +
    f32x4.extract_lane(sums, 2) +
    f32x4.extract_lane(sums, 3);
  for (; i < count; i++) {
    const value = load<f32>(x + floats(i));
    if (value != c) sum += abs(value);
  }
  return sum;
}

/** The maximum number of values in a row of X. */
export const BACKGROUND_MAX_DEPTH = 2048;

/**
 * Z = X·W + bias. Parts have blocks of columns, and some have only a part of the rows of their first or last one.
 *
 * @param m rows of X and Z
 * @param n columns of W and Z
 * @param depth columns of X, rows of W; at most {@link BACKGROUND_MAX_DEPTH}
 * @param c the value of most of X
 * @param bias [n], or 0 for none
 * @param z [m, n], overwritten
 */
export function backgroundProduct(
  m: i32,
  n: i32,
  depth: i32,
  x: usize,
  c: f32,
  w: usize,
  bias: usize,
  z: usize,
  scratch: usize,
  scratchBytes: usize,
  part: i32,
  parts: i32,
): void {
  const start = scratch;
  const tile = start + BLOCK_ROW;
  const block = tile + BLOCK_ROW;
  const ends = block + <usize>depth * BLOCK_ROW;
  const rowBytes = floats(depth) << 1; // Entries, if all values are foreground.
  const chunk = min(m, <i32>((scratchBytes - (ends - scratch)) / (rowBytes + 4)));
  const entries = ends + floats(chunk);
  for (let from = 0; from < m; from += chunk) {
    const rows = min(chunk, m - from);
    listRows(rows, depth, x + floats(from * depth), c, ends, entries);
    const blocks = (n + COLUMNS - 1) / COLUMNS;
    const first = startOfPart(blocks * rows, 1, part, parts);
    const last = startOfPart(blocks * rows, 1, part + 1, parts);
    for (let column = 0, done = 0; column < n; column += COLUMNS, done += rows) {
      const firstRow = max(0, first - done);
      const endRow = min(rows, last - done);
      if (firstRow >= endRow) continue;
      const columns = min(COLUMNS, n - column);
      packBlock(depth, columns, w + floats(column), floats(n), c, bias ? bias + floats(column) : 0, block, start);
      let entry = firstRow == 0 ? entries : <usize>load<u32>(ends + floats(firstRow - 1));
      for (let row = firstRow; row < endRow; row++) {
        const end = <usize>load<u32>(ends + floats(row));
        const out = z + floats((from + row) * n + column);
        if (columns == COLUMNS) {
          accumulate(entry, end, block, start, out);
        } else {
          accumulate(entry, end, block, start, tile);
          memory.copy(out, tile, floats(columns));
        }
        entry = end;
      }
    }
  }
}

/**
 * dW = Xᵀ·dZ. Parts have rows of dW in turn, since many at the edge of an image have no foreground.
 *
 * @param m rows of X and dZ
 * @param n columns of dZ and dW
 * @param depth columns of X, rows of dW; at most {@link BACKGROUND_MAX_DEPTH}
 * @param c the value of most of X
 * @param dw [depth, n], overwritten
 */
export function backgroundTransposedProduct(
  m: i32,
  n: i32,
  depth: i32,
  x: usize,
  c: f32,
  dz: usize,
  dw: usize,
  scratch: usize,
  scratchBytes: usize,
  part: i32,
  parts: i32,
): void {
  const start = scratch;
  const tile = start + BLOCK_ROW;
  const ends = tile + BLOCK_ROW;
  const block = ends + floats(depth);
  // A row of a chunk takes a row of the block and at most one entry in each list. A list has room for one more, so that lists
  // do not start at the same positions in the cache.
  const room = scratchBytes - (block - scratch) - <usize>depth * ENTRY;
  const chunk = min(m, <i32>(room / (BLOCK_ROW + <usize>depth * ENTRY)));
  const entries = block + <usize>chunk * BLOCK_ROW;
  const listBytes = <usize>(chunk + 1) * ENTRY;
  for (let from = 0; from < m; from += chunk) {
    const rows = min(chunk, m - from);
    listColumns(rows, depth, x + floats(from * depth), c, ends, entries, listBytes, part, parts);
    for (let column = 0; column < n; column += COLUMNS) {
      const columns = min(COLUMNS, n - column);
      packBlock(rows, columns, dz + floats(from * n + column), floats(n), c, 0, block, start);
      let out = dw + floats(column);
      let list = entries;
      for (let row = 0; row < depth; row++, out += floats(n), list += listBytes) {
        if (!isOfPart(row, part, parts)) continue;
        const end = <usize>load<u32>(ends + floats(row));
        if (from == 0 && columns == COLUMNS) {
          accumulate(list, end, block, start, out);
          continue;
        }
        accumulate(list, end, block, start, tile);
        if (from == 0) memory.copy(out, tile, floats(columns));
        else for (let j = 0; j < columns; j++) store<f32>(out + floats(j), load<f32>(out + floats(j)) + load<f32>(tile + floats(j)));
      }
    }
  }
}

/** Lists the foreground of each row, one after the other, and the end of each list. */
function listRows(rows: i32, depth: i32, x: usize, c: f32, ends: usize, entries: usize): void {
  const constant = f32x4.splat(c);
  for (let row = 0; row < rows; row++, x += floats(depth)) {
    let k = 0;
    for (; k + 4 <= depth; k += 4) {
      const values = v128.load(x + floats(k));
      let mask = i32x4.bitmask(f32x4.ne(values, constant));
      while (mask) {
        const at = k + ctz(mask);
        store<u32>(entries, at * <i32>BLOCK_ROW);
        store<f32>(entries, load<f32>(x + floats(at)) - c, 4);
        entries += ENTRY;
        mask &= mask - 1;
      }
    }
    for (; k < depth; k++) {
      const value = load<f32>(x + floats(k));
      if (value == c) continue;
      store<u32>(entries, k * <i32>BLOCK_ROW);
      store<f32>(entries, value - c, 4);
      entries += ENTRY;
    }
    store<u32>(ends + floats(row), <u32>entries);
  }
}

/** Whether a row of dW is one of a part's. */
// @ts-expect-error: decorator
@inline
function isOfPart(row: i32, part: i32, parts: i32): bool {
  return (row >> 3) % parts == part;
}

/** Lists the foreground of each column of a part, `listBytes` apart, and the end of each list. */
function listColumns(
  rows: i32,
  depth: i32,
  x: usize,
  c: f32,
  ends: usize,
  entries: usize,
  listBytes: usize,
  part: i32,
  parts: i32,
): void {
  const constant = f32x4.splat(c);
  for (let k = 0; k < depth; k++) store<u32>(ends + floats(k), <u32>(entries + <usize>k * listBytes));
  for (let row = 0; row < rows; row++, x += floats(depth)) {
    const offset = row * <i32>BLOCK_ROW;
    let k = 0;
    for (; k + 4 <= depth; k += 4) {
      if (!isOfPart(k, part, parts)) continue;
      let mask = i32x4.bitmask(f32x4.ne(v128.load(x + floats(k)), constant));
      while (mask) {
        const at = k + ctz(mask);
        append(ends + floats(at), offset, load<f32>(x + floats(at)) - c);
        mask &= mask - 1;
      }
    }
    for (; k < depth; k++) {
      const value = load<f32>(x + floats(k));
      if (value != c && isOfPart(k, part, parts)) append(ends + floats(k), offset, value - c);
    }
  }
}

// @ts-expect-error: decorator
@inline
function append(end: usize, offset: i32, value: f32): void {
  const entry = <usize>load<u32>(end);
  store<u32>(entry, offset);
  store<f32>(entry, value, 4);
  store<u32>(end, <u32>(entry + ENTRY));
}

/**
 * Packs up to {@link COLUMNS} columns, padded with zeros, and writes c times the sum of each, plus the bias (0 for none), to
 * `start`.
 */
function packBlock(
  rows: i32,
  columns: i32,
  from: usize,
  fromRow: usize,
  c: f32,
  bias: usize,
  to: usize,
  start: usize,
): void {
  const constant = f32x4.splat(c);
  memory.fill(start, 0, BLOCK_ROW);
  if (bias) memory.copy(start, bias, floats(columns));
  if (columns < COLUMNS) {
    memory.fill(to, 0, <usize>rows * BLOCK_ROW);
    let row = to;
    for (let i = 0; i < rows; i++, row += BLOCK_ROW, from += fromRow) memory.copy(row, from, floats(columns));
    from = to;
    fromRow = BLOCK_ROW;
  }
  for (let at: usize = 0; at < BLOCK_ROW; at += 64) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let source = from + at;
    let target = to + at;
    for (let i = 0; i < rows; i++, source += fromRow, target += BLOCK_ROW) {
      const v0 = v128.load(source);
      const v1 = v128.load(source, 16);
      const v2 = v128.load(source, 32);
      const v3 = v128.load(source, 48);
      v128.store(target, v0);
      v128.store(target, v1, 16);
      v128.store(target, v2, 32);
      v128.store(target, v3, 48);
      s0 = f32x4.add(s0, v0);
      s1 = f32x4.add(s1, v1);
      s2 = f32x4.add(s2, v2);
      s3 = f32x4.add(s3, v3);
    }
    const to4 = start + at;
    v128.store(to4, multiplyAdd(constant, s0, v128.load(to4)));
    v128.store(to4, multiplyAdd(constant, s1, v128.load(to4, 16)), 16);
    v128.store(to4, multiplyAdd(constant, s2, v128.load(to4, 32)), 32);
    v128.store(to4, multiplyAdd(constant, s3, v128.load(to4, 48)), 48);
  }
}

/** The micro-kernel: `start` plus the sum, over a list of entries, of value times row of the block. */
function accumulate(entry: usize, end: usize, block: usize, start: usize, out: usize): void {
  let s0 = v128.load(start);
  let s1 = v128.load(start, 16);
  let s2 = v128.load(start, 32);
  let s3 = v128.load(start, 48);
  let s4 = v128.load(start, 64);
  let s5 = v128.load(start, 80);
  let s6 = v128.load(start, 96);
  let s7 = v128.load(start, 112);
  let s8 = v128.load(start, 128);
  let s9 = v128.load(start, 144);
  let s10 = v128.load(start, 160);
  let s11 = v128.load(start, 176);
  while (entry < end) {
    const row = block + <usize>load<u32>(entry);
    const value = v128.load32_splat(entry, 4);
    s0 = multiplyAdd(value, v128.load(row), s0);
    s1 = multiplyAdd(value, v128.load(row, 16), s1);
    s2 = multiplyAdd(value, v128.load(row, 32), s2);
    s3 = multiplyAdd(value, v128.load(row, 48), s3);
    s4 = multiplyAdd(value, v128.load(row, 64), s4);
    s5 = multiplyAdd(value, v128.load(row, 80), s5);
    s6 = multiplyAdd(value, v128.load(row, 96), s6);
    s7 = multiplyAdd(value, v128.load(row, 112), s7);
    s8 = multiplyAdd(value, v128.load(row, 128), s8);
    s9 = multiplyAdd(value, v128.load(row, 144), s9);
    s10 = multiplyAdd(value, v128.load(row, 160), s10);
    s11 = multiplyAdd(value, v128.load(row, 176), s11);
    entry += ENTRY;
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
  v128.store(out, s4, 64);
  v128.store(out, s5, 80);
  v128.store(out, s6, 96);
  v128.store(out, s7, 112);
  v128.store(out, s8, 128);
  v128.store(out, s9, 144);
  v128.store(out, s10, 160);
  v128.store(out, s11, 176);
}
