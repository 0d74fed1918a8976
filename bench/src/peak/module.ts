// A WebAssembly module as bytes, so that measuring a peak needs no compiler. Sections and opcodes follow the binary format:
// https://webassembly.github.io/spec/core/binary/ and, for f32x4.relaxed_madd, the relaxed SIMD proposal.

/** The exports of the module. Addresses and sizes are in bytes and are multiples of 16. */
export interface PeakModule {
  memory: WebAssembly.Memory;
  /**
   * The inner loop of a matrix product, `repeats` times over the same `depth` steps in the first-level cache: a step loads
   * the tile's vectors of four and its scalars, broadcast, and does the multiply-adds for all pairs.
   */
  multiplyAdd(depth: number, repeats: number): void;
  /** `to[i] = a[i] + s·b[i]`, over `size` bytes. */
  triad(to: number, a: number, b: number, size: number): void;
}

/** Where {@link PeakModule.multiplyAdd} reads its scalars; its vectors start at 0. */
export const scalarsAt = 16384;

/** The part of a product that {@link PeakModule.multiplyAdd} keeps in registers. */
export interface Tile {
  rows: number;
  /** Columns, in vectors of four. */
  vectors: number;
}

type Code = number[];

/** An unsigned integer in LEB128. */
function unsigned(value: number): Code {
  const code: Code = [];
  do {
    code.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return code;
}

/** A signed integer in LEB128. */
function signed(value: number): Code {
  const code: Code = [];
  for (;;) {
    const byte = value & 0x7f;
    value >>= 7;
    const isLast = (value === 0 && (byte & 0x40) === 0) || (value === -1 && (byte & 0x40) !== 0);
    code.push(isLast ? byte : byte | 0x80);
    if (isLast) return code;
  }
}

const vector = (items: Code[]): Code => [...unsigned(items.length), ...items.flat()];
const bytes = (code: Code): Code => [...unsigned(code.length), ...code];
const name = (text: string): Code => bytes([...Buffer.from(text)]);
const section = (id: number, content: Code): Code => [id, ...bytes(content)];

const i32 = 0x7f;
const v128 = 0x7b;
const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number): Code => [0x21, ...unsigned(local)];
const constant = (value: number): Code => [0x41, ...signed(value)];
const plus = (local: number, step: number): Code => [...get(local), ...constant(step), 0x6a, ...set(local)];
const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const load = (address: number, offset: number): Code => [...get(address), ...simd(0), 4, ...unsigned(offset)];
const loadBroadcast = (address: number, offset: number): Code => [
  ...get(address),
  ...simd(9),
  2,
  ...unsigned(offset),
];
const store: Code = [...simd(11), 4, 0];
const add: Code = simd(0xe4);
const multiply: Code = simd(0xe6);
/** Repeats `body` while `local` is less than `end`. */
const whileLess = (local: number, end: number, body: Code): Code => [
  ...[0x03, 0x40],
  ...body,
  ...[...get(local), ...get(end), 0x49, 0x0d, 0],
  0x0b,
];

/** sum + a·b for two locals, with a fused multiply-add or two operations. */
const multiplyAdd = (sum: number, a: number, b: number, relaxed: boolean): Code => [
  ...(relaxed
    ? [...get(a), ...get(b), ...get(sum), ...simd(0x105)]
    : [...get(sum), ...get(a), ...get(b), ...multiply, ...add]),
  ...set(sum),
];

function multiplyAddFunction({ rows, vectors: columns }: Tile, relaxed: boolean): Code {
  const [depth, repeats, vectors, scalars, end, repeat, scalar, firstVector] = Array(8).keys();
  const firstSum = firstVector + columns;
  const sums = rows * columns;
  const range = (count: number) => [...Array(count).keys()];
  const step = [
    ...range(columns).flatMap((column) => [...load(vectors, 16 * column), ...set(firstVector + column)]),
    ...range(rows).flatMap((row) => [
      ...[...loadBroadcast(scalars, 4 * row), ...set(scalar)],
      ...range(columns).flatMap((column) =>
        multiplyAdd(firstSum + columns * row + column, scalar, firstVector + column, relaxed),
      ),
    ]),
    ...[...plus(vectors, 16 * columns), ...plus(scalars, 4 * rows)],
  ];
  const once = [
    ...[...constant(0), ...set(vectors), ...constant(scalarsAt), ...set(scalars)],
    ...[...get(depth), ...constant(16 * columns), 0x6c, ...set(end)],
    ...whileLess(vectors, end, step),
    ...plus(repeat, 1),
  ];
  // The sums are stored so that their computation is not optimized away.
  const keep = range(sums).flatMap((i) => [...constant(16 * i), ...get(firstSum + i), ...store]);
  const locals = vector([
    [4, i32],
    [1 + columns + sums, v128],
  ]);
  return bytes([...locals, ...whileLess(repeat, repeats, once), ...keep, 0x0b]);
}

function triadFunction(relaxed: boolean): Code {
  const [to, a, b, size, end, left, right, scale] = Array(8).keys();
  const body = [
    ...[...load(a, 0), ...set(left), ...load(b, 0), ...set(right)],
    ...multiplyAdd(left, right, scale, relaxed),
    ...[...get(to), ...get(left), ...store],
    ...[to, a, b].flatMap((pointer) => plus(pointer, 16)),
  ];
  const locals = vector([
    [1, i32],
    [3, v128],
  ]);
  // The scale: 0.5 in every lane.
  const begin = [
    ...[0x43, 0, 0, 0, 0x3f],
    ...[...simd(19), ...set(scale)],
    ...[...get(to), ...get(size), 0x6a, ...set(end)],
  ];
  return bytes([...locals, ...begin, ...whileLess(to, end, body), 0x0b]);
}

function assemble(pages: number, tile: Tile, relaxed: boolean): Uint8Array<ArrayBuffer> {
  const type = (parameters: number): Code => [0x60, ...vector(Array(parameters).fill([i32])), 0];
  const exported = (text: string, kind: number, index: number): Code => [...name(text), kind, index];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([type(2), type(4)])),
    ...section(3, vector([[0], [1]])),
    ...section(5, vector([[0, ...unsigned(pages)]])),
    ...section(7, vector([exported('memory', 2, 0), exported('multiplyAdd', 0, 0), exported('triad', 0, 1)])),
    ...section(10, vector([multiplyAddFunction(tile, relaxed), triadFunction(relaxed)])),
  ]);
}

/** The module with a memory of the given size in bytes, with fused multiply-adds if the engine has them. */
export async function peakModule(
  size: number,
  tile: Tile,
): Promise<{ module: PeakModule; relaxed: boolean }> {
  const pages = Math.ceil(size / 65536);
  const fused = assemble(pages, tile, true);
  const relaxed = WebAssembly.validate(fused);
  const { instance } = await WebAssembly.instantiate(relaxed ? fused : assemble(pages, tile, false));
  return { module: instance.exports as unknown as PeakModule, relaxed };
}
