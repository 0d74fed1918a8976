// Matrix products in the manner of Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): blocks
// of both operands are packed into panels, whichever operand is transposed, and one micro-kernel multiplies panels.
import { floats } from './floats';
import { multiplyAdd } from './multiply-add';
import { LINE, startOfPart } from './parts';

/**
 * The rows of a tile. V8 has 15 vector registers on x86-64: six rows of two accumulators leave one for the row's value;
 * without fused multiply-adds, one more register is needed for the products.
 */
export const ROWS = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
/** The columns of a tile. */
export const COLUMNS = 8;
/** The rows of the last tiles, if that leaves fewer of them empty. */
export const SHORT_ROWS = 4;

/** Panels of both operands with this depth fit in the first-level cache together. */
const MAX_DEPTH = 448;
/** The values of a packed block of the left operand: 256 KiB, for the second-level cache. */
const LEFT_VALUES = 65536;
/** The values of a packed block of the right operand: 1 MiB. */
const RIGHT_VALUES = 262144;

/** A left operand of at most so many values is not packed. */
const SMALL_LEFT = 8192;
/** A right operand of at most so many values, half of the first-level cache, need not be packed. */
const SMALL_RIGHT = 4096;

const NO_BIAS_BYTES: usize = 32;
const TILE_BYTES: usize = 224;
const LEFT_BYTES: usize = LEFT_VALUES << 2;
const RIGHT_BYTES: usize = RIGHT_VALUES << 2;

/** The bytes of scratch memory that {@link product} needs. */
export const PRODUCT_SCRATCH: usize = NO_BIAS_BYTES + TILE_BYTES + LEFT_BYTES + RIGHT_BYTES;

/**
 * C = A·B + bias, all row-major. Parts have whole tiles of C: columns of tiles, or rows if there are more, so that less is packed
 * by several parts.
 *
 * @param m rows of A and C
 * @param n columns of B and C
 * @param depth columns of A, rows of B
 * @param a [m, depth], or [depth, m] if transposed
 * @param b [depth, n], or [n, depth] if transposed
 * @param bias [n], or 0 for none
 * @param c [m, n], overwritten
 */
export function product(
  m: i32,
  n: i32,
  depth: i32,
  a: usize,
  transposeA: bool,
  b: usize,
  transposeB: bool,
  bias: usize,
  c: usize,
  scratch: usize,
  part: i32,
  parts: i32,
): void {
  if (depth == 0 || (m <= 3 && !transposeA && !transposeB)) {
    const first = startOfPart(n, LINE, part, parts);
    const columns = startOfPart(n, LINE, part + 1, parts) - first;
    const start = bias ? bias + floats(first) : 0;
    for (let i = 0; i < m; i++) {
      productOfRow(columns, n, depth, a + floats(i * depth), b + floats(first), start, c + floats(i * n + first));
    }
    return;
  }
  memory.fill(scratch, 0, NO_BIAS_BYTES);
  const tile = scratch + NO_BIAS_BYTES;
  const left = tile + TILE_BYTES;
  const right = left + LEFT_BYTES;
  const depthBlocks = (depth + MAX_DEPTH - 1) / MAX_DEPTH;
  const maxDepth = (depth + depthBlocks - 1) / depthBlocks;
  const maxColumns = (RIGHT_VALUES / maxDepth / COLUMNS) * COLUMNS;
  const maxRows = (LEFT_VALUES / maxDepth / ROWS) * ROWS;
  let firstColumn = 0;
  let endColumn = n;
  let firstTile = 0;
  let endTile = i32.MAX_VALUE;
  if (m > n) {
    const tiles = (m / maxRows) * tilesOf(maxRows) + tilesOf(m % maxRows);
    firstTile = startOfPart(tiles, 1, part, parts);
    endTile = startOfPart(tiles, 1, part + 1, parts);
  } else {
    firstColumn = startOfPart(n, COLUMNS, part, parts);
    endColumn = startOfPart(n, COLUMNS, part + 1, parts);
  }
  if (depth <= MAX_DEPTH && m * depth <= SMALL_LEFT) {
    const from = startOfTile(m, firstTile);
    const to = startOfTile(m, endTile);
    smallProduct(m, n, depth, a, transposeA, b, transposeB, bias, c, from, to, firstColumn, endColumn, scratch, tile, right);
    return;
  }
  for (let column = firstColumn; column < endColumn; column += maxColumns) {
    const columns = min(maxColumns, endColumn - column);
    for (let from = 0; from < depth; from += maxDepth) {
      const k = min(maxDepth, depth - from);
      if (transposeB) packTransposed(COLUMNS, b + floats(column * depth + from), depth, columns, k, right);
      else pack(COLUMNS, b + floats(from * n + column), n, columns, k, right);
      let tilesBefore = 0;
      for (let block = 0; block < m; block += maxRows) {
        const blockRows = min(maxRows, m - block);
        const first = startOfTile(blockRows, firstTile - tilesBefore);
        const rows = startOfTile(blockRows, endTile - tilesBefore) - first;
        tilesBefore += tilesOf(blockRows);
        if (rows <= 0) continue;
        const row = block + first;
        const tall = max(0, min(rows, tallRows(blockRows) - first));
        const short = left + floats(tall * k);
        if (transposeA) {
          const source = a + floats(from * m + row);
          pack(ROWS, source, m, tall, k, left);
          pack(SHORT_ROWS, source + floats(tall), m, rows - tall, k, short);
        } else {
          const source = a + floats(row * depth + from);
          packTransposed(ROWS, source, depth, tall, k, left);
          packTransposed(SHORT_ROWS, source + floats(tall * depth), depth, rows - tall, k, short);
        }
        const out = c + floats(row * n + column);
        const start = bias ? bias + floats(column) : 0;
        multiplyPanels(rows, tall, columns, k, left, right, start, from > 0, out, n, scratch, tile);
      }
    }
  }
}

/**
 * The rows and columns of a product whose left operand, and often the right one too, is read in place: packing it would take as
 * long as the product. The same tiles, and so the same bits, as with packed panels.
 */
function smallProduct(
  m: i32,
  n: i32,
  depth: i32,
  a: usize,
  transposeA: bool,
  b: usize,
  transposeB: bool,
  bias: usize,
  c: usize,
  fromRow: i32,
  toRow: i32,
  fromColumn: i32,
  toColumn: i32,
  noBias: usize,
  tile: usize,
  right: usize,
): void {
  const rowBytes = floats(n);
  const aStep = transposeA ? floats(m) : 4;
  const aRow = transposeA ? 4 : floats(depth);
  const tall = tallRows(m);
  // Beyond the last of a number of columns that is no multiple of a panel's, there may be no memory.
  const isInPlace = !transposeB && n % COLUMNS == 0 && n * depth <= SMALL_RIGHT;
  for (let column = fromColumn; column < toColumn; column += COLUMNS) {
    const columns = min(COLUMNS, n - column);
    let panel = b + floats(column);
    let bStep = rowBytes;
    if (!isInPlace) {
      if (transposeB) packTransposed(COLUMNS, b + floats(column * depth), depth, columns, depth, right);
      else pack(COLUMNS, panel, n, columns, depth, right);
      panel = right;
      bStep = COLUMNS << 2;
    }
    for (let row = fromRow; row < toRow; ) {
      const height = row < tall ? ROWS : SHORT_ROWS;
      const rows = min(height, m - row);
      const out = c + floats(row * n + column);
      const start = bias ? bias + floats(column) : noBias;
      const left = a + aRow * row;
      row += height;
      if (rows == height && columns == COLUMNS) {
        multiplyInPlace(height, rows, left, aStep, aRow, panel, bStep, depth, start, out, rowBytes);
        continue;
      }
      multiplyInPlace(height, rows, left, aStep, aRow, panel, bStep, depth, noBias, tile, COLUMNS << 2);
      addToStart(rows, columns, tile, start, 0, out, rowBytes);
    }
  }
}

/**
 * One tile of C, of operands that are read in place. Rows beyond the last are computed as the last one.
 *
 * @param aStep, bStep how many bytes the values of the next depth are away
 * @param aRow how many bytes the next row of A is away
 */
function multiplyInPlace(
  height: i32,
  rows: i32,
  a: usize,
  aStep: usize,
  aRow: usize,
  b: usize,
  bStep: usize,
  depth: i32,
  start: usize,
  c: usize,
  cRow: usize,
): void {
  const o1 = aRow * min(1, rows - 1);
  const o2 = aRow * min(2, rows - 1);
  const o3 = aRow * min(3, rows - 1);
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start);
  let c11 = v128.load(start, 16);
  let c20 = v128.load(start);
  let c21 = v128.load(start, 16);
  let c30 = v128.load(start);
  let c31 = v128.load(start, 16);
  const end = a + aStep * depth;
  if (height == SHORT_ROWS) {
    for (; a < end; a += aStep, b += bStep) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let value = v128.load32_splat(a);
      c00 = multiplyAdd(value, b0, c00);
      c01 = multiplyAdd(value, b1, c01);
      value = v128.load32_splat(a + o1);
      c10 = multiplyAdd(value, b0, c10);
      c11 = multiplyAdd(value, b1, c11);
      value = v128.load32_splat(a + o2);
      c20 = multiplyAdd(value, b0, c20);
      c21 = multiplyAdd(value, b1, c21);
      value = v128.load32_splat(a + o3);
      c30 = multiplyAdd(value, b0, c30);
      c31 = multiplyAdd(value, b1, c31);
    }
    storeRow(c00, c01, c);
    storeRow(c10, c11, c + cRow);
    storeRow(c20, c21, c + (cRow << 1));
    storeRow(c30, c31, c + cRow * 3);
    return;
  }
  const o4 = aRow * min(4, rows - 1);
  const o5 = aRow * min(5, rows - 1);
  let c40 = v128.load(start);
  let c41 = v128.load(start, 16);
  let c50 = c40;
  let c51 = c41;
  if (ROWS == 6) {
    c50 = v128.load(start);
    c51 = v128.load(start, 16);
  }
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let value = v128.load32_splat(a);
    c00 = multiplyAdd(value, b0, c00);
    c01 = multiplyAdd(value, b1, c01);
    value = v128.load32_splat(a + o1);
    c10 = multiplyAdd(value, b0, c10);
    c11 = multiplyAdd(value, b1, c11);
    value = v128.load32_splat(a + o2);
    c20 = multiplyAdd(value, b0, c20);
    c21 = multiplyAdd(value, b1, c21);
    value = v128.load32_splat(a + o3);
    c30 = multiplyAdd(value, b0, c30);
    c31 = multiplyAdd(value, b1, c31);
    value = v128.load32_splat(a + o4);
    c40 = multiplyAdd(value, b0, c40);
    c41 = multiplyAdd(value, b1, c41);
    if (ROWS == 6) {
      value = v128.load32_splat(a + o5);
      c50 = multiplyAdd(value, b0, c50);
      c51 = multiplyAdd(value, b1, c51);
    }
    a += aStep;
    b += bStep;
  }
  storeRow(c00, c01, c);
  storeRow(c10, c11, c + cRow);
  storeRow(c20, c21, c + (cRow << 1));
  storeRow(c30, c31, c + cRow * 3);
  storeRow(c40, c41, c + (cRow << 2));
  if (ROWS == 6) storeRow(c50, c51, c + cRow * 5);
}

/** How many tiles m rows fill. */
function tilesOf(m: i32): i32 {
  const tall = min(m, tallRows(m));
  return (tall + ROWS - 1) / ROWS + (m - tall + SHORT_ROWS - 1) / SHORT_ROWS;
}

/** The first row of a tile of m rows: 0 for a tile before them, m for one after them. */
function startOfTile(m: i32, tile: i32): i32 {
  if (tile >= tilesOf(m)) return m;
  const tallTiles = (min(m, tallRows(m)) + ROWS - 1) / ROWS;
  return max(0, min(tile, tallTiles)) * ROWS + max(0, tile - tallTiles) * SHORT_ROWS;
}

/** How many of m rows go into tiles of {@link ROWS}; the others go into tiles of {@link SHORT_ROWS}. */
export function tallRows(m: i32): i32 {
  const tail = m % ROWS;
  if (tail > SHORT_ROWS) return m - tail + ROWS;
  // Eight rows fill two short tiles.
  if (ROWS + tail == 2 * SHORT_ROWS && m > ROWS) return m - tail - ROWS;
  return m - tail;
}

/**
 * Packs `count` columns of a block into panels of `width` columns, each panel row-major, the last padded with zeros.
 *
 * @param from the block's first value; its rows are `stride` values apart
 */
export function pack(width: i32, from: usize, stride: i32, count: i32, depth: i32, to: usize): void {
  const rowBytes = floats(stride);
  const panelRow = floats(width);
  for (let column = 0; column < count; column += width) {
    const columns = min(width, count - column);
    let source = from + floats(column);
    if (columns < width) {
      for (let k = 0; k < depth; k++, source += rowBytes, to += panelRow) {
        for (let j = 0; j < width; j++) {
          store<f32>(to + floats(j), j < columns ? load<f32>(source + floats(j)) : 0);
        }
      }
    } else if (width == 8) {
      for (let k = 0; k < depth; k++, source += rowBytes, to += 32) {
        v128.store(to, v128.load(source));
        v128.store(to, v128.load(source, 16), 16);
      }
    } else if (width == 6) {
      for (let k = 0; k < depth; k++, source += rowBytes, to += 24) {
        v128.store(to, v128.load(source));
        store<u64>(to, load<u64>(source, 16), 16);
      }
    } else if (width == 5) {
      for (let k = 0; k < depth; k++, source += rowBytes, to += 20) {
        v128.store(to, v128.load(source));
        store<u32>(to, load<u32>(source, 16), 16);
      }
    } else {
      for (let k = 0; k < depth; k++, source += rowBytes, to += 16) v128.store(to, v128.load(source));
    }
  }
}

/** Like {@link pack}, for a block stored by columns, which are `stride` values apart. */
export function packTransposed(width: i32, from: usize, stride: i32, count: i32, depth: i32, to: usize): void {
  const panelRow = floats(width);
  const columnBytes = floats(stride);
  for (let column = 0; column < count; column += width) {
    const columns = min(width, count - column);
    const first = from + floats(column * stride);
    let k = 0;
    if (columns == width) {
      const fifth = first + (columnBytes << 2);
      for (; k + 4 <= depth; k += 4, to += panelRow << 2) {
        transpose4(first + floats(k), columnBytes, to, panelRow);
        const rest = fifth + floats(k);
        if (width == 8) {
          transpose4(rest, columnBytes, to + 16, panelRow);
        } else if (width == 6) {
          const e = v128.load(rest);
          const f = v128.load(rest + columnBytes);
          const low = i32x4.shuffle(e, f, 0, 4, 1, 5);
          const high = i32x4.shuffle(e, f, 2, 6, 3, 7);
          v128.store64_lane(to, low, 0, 16);
          v128.store64_lane(to + 24, low, 1, 16);
          v128.store64_lane(to + 48, high, 0, 16);
          v128.store64_lane(to + 72, high, 1, 16);
        } else if (width == 5) {
          const e = v128.load(rest);
          v128.store32_lane(to, e, 0, 16);
          v128.store32_lane(to + 20, e, 1, 16);
          v128.store32_lane(to + 40, e, 2, 16);
          v128.store32_lane(to + 60, e, 3, 16);
        }
      }
    }
    for (; k < depth; k++, to += panelRow) {
      for (let j = 0; j < width; j++) {
        store<f32>(to + floats(j), j < columns ? load<f32>(first + floats(j * stride + k)) : 0);
      }
    }
  }
}

/** Writes four rows of four values as four columns. */
// @ts-expect-error: decorator
@inline
function transpose4(from: usize, fromRow: usize, to: usize, toRow: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + fromRow);
  const c = v128.load(from + (fromRow << 1));
  const d = v128.load(from + fromRow * 3);
  const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(abLow, cdLow, 0, 2));
  v128.store(to + toRow, i64x2.shuffle(abLow, cdLow, 1, 3));
  v128.store(to + (toRow << 1), i64x2.shuffle(abHigh, cdHigh, 0, 2));
  v128.store(to + toRow * 3, i64x2.shuffle(abHigh, cdHigh, 1, 3));
}

/**
 * C = the product of packed panels, plus the bias or, if accumulating, plus C.
 *
 * @param tall how many of the m rows are in tiles of {@link ROWS}, the others in tiles of {@link SHORT_ROWS}
 */
function multiplyPanels(
  m: i32,
  tall: i32,
  n: i32,
  depth: i32,
  left: usize,
  right: usize,
  bias: usize,
  accumulate: bool,
  c: usize,
  stride: i32,
  noBias: usize,
  tile: usize,
): void {
  const rowBytes = floats(stride);
  const startRow = accumulate ? rowBytes : 0;
  for (let column = 0; column < n; column += COLUMNS, right += floats(COLUMNS * depth)) {
    const columns = min(COLUMNS, n - column);
    let a = left;
    for (let row = 0; row < m; ) {
      const height = row < tall ? ROWS : SHORT_ROWS;
      const rows = min(height, m - row);
      const out = c + floats(row * stride + column);
      const start = accumulate ? out : bias ? bias + floats(column) : noBias;
      const panel = a;
      a += floats(height * depth);
      row += height;
      if (rows == height && columns == COLUMNS) {
        multiplyTile(height, panel, right, depth, start, startRow, out, rowBytes);
        continue;
      }
      multiplyTile(height, panel, right, depth, noBias, 0, tile, COLUMNS << 2);
      addToStart(rows, columns, tile, start, startRow, out, rowBytes);
    }
  }
}

/** Writes `start` plus the part of a tile that C has. */
export function addToStart(
  rows: i32,
  columns: i32,
  tile: usize,
  start: usize,
  startRow: usize,
  c: usize,
  cRow: usize,
): void {
  for (let i = 0; i < rows; i++, tile += COLUMNS << 2, start += startRow, c += cRow) {
    for (let j = 0; j < columns; j++) {
      store<f32>(c + floats(j), load<f32>(start + floats(j)) + load<f32>(tile + floats(j)));
    }
  }
}

/** One tile of C, the product of two panels plus `start`, whose rows are `startRow` bytes apart. */
// @ts-expect-error: decorator
@inline
function multiplyTile(
  height: i32,
  a: usize,
  b: usize,
  depth: i32,
  start: usize,
  startRow: usize,
  c: usize,
  cRow: usize,
): void {
  if (height == ROWS) multiplyTallTile(a, b, depth, start, startRow, c, cRow);
  else multiplyShortTile(a, b, depth, start, startRow, c, cRow);
}

/**
 * The micro-kernel. It must remain a separate function, which it does as long as it is called from two places: if it is
 * inlined, V8 11 (Node 20) keeps its sums in memory.
 */
function multiplyTallTile(
  a: usize,
  b: usize,
  depth: i32,
  start: usize,
  startRow: usize,
  c: usize,
  cRow: usize,
): void {
  // V8 11 (Node 20) keeps all of these in registers only if they begin as loads and end as stores: adding `start` at the end
  // instead halves the speed.
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + startRow);
  let c11 = v128.load(start + startRow, 16);
  let c20 = v128.load(start + (startRow << 1));
  let c21 = v128.load(start + (startRow << 1), 16);
  let c30 = v128.load(start + startRow * 3);
  let c31 = v128.load(start + startRow * 3, 16);
  let c40 = v128.load(start + (startRow << 2));
  let c41 = v128.load(start + (startRow << 2), 16);
  let c50 = c40;
  let c51 = c41;
  if (ROWS == 6) {
    c50 = v128.load(start + startRow * 5);
    c51 = v128.load(start + startRow * 5, 16);
  }
  const end = a + floats(ROWS * depth);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let value = v128.load32_splat(a);
    c00 = multiplyAdd(value, b0, c00);
    c01 = multiplyAdd(value, b1, c01);
    value = v128.load32_splat(a, 4);
    c10 = multiplyAdd(value, b0, c10);
    c11 = multiplyAdd(value, b1, c11);
    value = v128.load32_splat(a, 8);
    c20 = multiplyAdd(value, b0, c20);
    c21 = multiplyAdd(value, b1, c21);
    value = v128.load32_splat(a, 12);
    c30 = multiplyAdd(value, b0, c30);
    c31 = multiplyAdd(value, b1, c31);
    value = v128.load32_splat(a, 16);
    c40 = multiplyAdd(value, b0, c40);
    c41 = multiplyAdd(value, b1, c41);
    if (ROWS == 6) {
      value = v128.load32_splat(a, 20);
      c50 = multiplyAdd(value, b0, c50);
      c51 = multiplyAdd(value, b1, c51);
    }
    a += ROWS << 2;
    b += COLUMNS << 2;
  }
  storeRow(c00, c01, c);
  storeRow(c10, c11, c + cRow);
  storeRow(c20, c21, c + (cRow << 1));
  storeRow(c30, c31, c + cRow * 3);
  storeRow(c40, c41, c + (cRow << 2));
  if (ROWS == 6) storeRow(c50, c51, c + cRow * 5);
}

/** {@link multiplyTallTile} for four rows. */
function multiplyShortTile(
  a: usize,
  b: usize,
  depth: i32,
  start: usize,
  startRow: usize,
  c: usize,
  cRow: usize,
): void {
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + startRow);
  let c11 = v128.load(start + startRow, 16);
  let c20 = v128.load(start + (startRow << 1));
  let c21 = v128.load(start + (startRow << 1), 16);
  let c30 = v128.load(start + startRow * 3);
  let c31 = v128.load(start + startRow * 3, 16);
  const end = a + floats(SHORT_ROWS * depth);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let value = v128.load32_splat(a);
    c00 = multiplyAdd(value, b0, c00);
    c01 = multiplyAdd(value, b1, c01);
    value = v128.load32_splat(a, 4);
    c10 = multiplyAdd(value, b0, c10);
    c11 = multiplyAdd(value, b1, c11);
    value = v128.load32_splat(a, 8);
    c20 = multiplyAdd(value, b0, c20);
    c21 = multiplyAdd(value, b1, c21);
    value = v128.load32_splat(a, 12);
    c30 = multiplyAdd(value, b0, c30);
    c31 = multiplyAdd(value, b1, c31);
    a += SHORT_ROWS << 2;
    b += COLUMNS << 2;
  }
  storeRow(c00, c01, c);
  storeRow(c10, c11, c + cRow);
  storeRow(c20, c21, c + (cRow << 1));
  storeRow(c30, c31, c + cRow * 3);
}

// @ts-expect-error: decorator
@inline
export function storeRow(low: v128, high: v128, to: usize): void {
  v128.store(to, low);
  v128.store(to, high, 16);
}

/**
 * c = a·B + bias for one row, reading B in place: packing it would cost more than the product.
 *
 * @param stride how many values a row of B, of which these are `columns`, is after the one before
 */
function productOfRow(columns: i32, stride: i32, depth: i32, a: usize, b: usize, bias: usize, c: usize): void {
  const bytes = floats(columns);
  if (bias) memory.copy(c, bias, bytes);
  else memory.fill(c, 0, bytes);
  const row = floats(stride);
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    const a0 = v128.load32_splat(a + floats(k));
    const a1 = v128.load32_splat(a + floats(k), 4);
    const a2 = v128.load32_splat(a + floats(k), 8);
    const a3 = v128.load32_splat(a + floats(k), 12);
    const b0 = b + floats(k * stride);
    const b1 = b0 + row;
    const b2 = b1 + row;
    const b3 = b2 + row;
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) {
      let sum = multiplyAdd(a0, v128.load(b0 + at), v128.load(c + at));
      sum = multiplyAdd(a1, v128.load(b1 + at), sum);
      sum = multiplyAdd(a2, v128.load(b2 + at), sum);
      v128.store(c + at, multiplyAdd(a3, v128.load(b3 + at), sum));
    }
    for (; at < bytes; at += 4) {
      const sum =
        load<f32>(c + at) +
        f32x4.extract_lane(a0, 0) * load<f32>(b0 + at) +
        f32x4.extract_lane(a1, 0) * load<f32>(b1 + at) +
        f32x4.extract_lane(a2, 0) * load<f32>(b2 + at) +
        f32x4.extract_lane(a3, 0) * load<f32>(b3 + at);
      store<f32>(c + at, sum);
    }
  }
  for (; k < depth; k++) {
    const value = load<f32>(a + floats(k));
    const from = b + floats(k * stride);
    for (let at: usize = 0; at < bytes; at += 4) {
      store<f32>(c + at, load<f32>(c + at) + value * load<f32>(from + at));
    }
  }
}
