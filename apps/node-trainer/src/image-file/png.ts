import { constants, crc32, inflateRawSync, inflateSync } from 'node:zlib';
import { grayFromRgba } from '@harmonic-mlp/mnist-data/drawing';
import { damaged, type Grey, requireSize } from './grey';

// Most of this file limits what is inflated and tolerates damage, which no package does; a package could replace only a
// quarter of it. Of those on npm, only pngjs 7.0.0 then reads every file correctly, in up to three times the memory:
// fast-png 8.0.0 misreads interlaced samples of less than a byte, @vivaxy/png 1.3.0 everything interlaced, upng-js 2.1.0
// 16-bit samples, and @jsquash/png 3.1.1 accepts colors outside the palette.

const signature = 8;

const truncated = 'The PNG file is truncated.';
const noHeader = 'The PNG file has no header.';
const damagedPixels = "The PNG file's pixels are damaged.";

/** By color type: the samples of a pixel, and the depths in bits that the format allows for a sample. */
const colorTypes: Record<number, { channels: number; depths: number[] } | undefined> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};

/** The pixels of a pass: every `right`-th of every `down`-th row from (x, y). */
interface Pass {
  x: number;
  y: number;
  right: number;
  down: number;
}

const whole: Pass[] = [{ x: 0, y: 0, right: 1, down: 1 }];
const adam7: Pass[] = [
  { x: 0, y: 0, right: 8, down: 8 },
  { x: 4, y: 0, right: 8, down: 8 },
  { x: 0, y: 4, right: 4, down: 8 },
  { x: 2, y: 0, right: 4, down: 4 },
  { x: 0, y: 2, right: 2, down: 4 },
  { x: 1, y: 0, right: 2, down: 2 },
  { x: 0, y: 1, right: 1, down: 2 },
];

/**
 * Decodes a PNG file of any color type, depth, and interlacing. Nothing is inflated beyond what the header states.
 *
 * As in libpng, damage that does not affect a pixel is ignored, such as in a chunk that the pixels do not need, or after the
 * pixels. Of the two checksums over the compressed pixels, that of the chunk and that of the stream, one is enough. Unlike in
 * libpng, damaged transparency is an error: what it hides may be anything.
 *
 * @throws {TrainerError} `INVALID_DATA` when pixels are missing or damaged, `UNSUPPORTED` when the image is too large.
 * @see W3C, "Portable Network Graphics (PNG) Specification".
 */
export function decodePng(file: Buffer): Grey {
  const chunks = readChunks(file);
  if (chunks[0]?.type !== 'IHDR') throw damaged(chunks.length ? noHeader : truncated);
  requireIntact(chunks[0]);
  const header = chunks[0].data;
  if (header.length !== 13) throw damaged(noHeader);
  const columns = header.readUInt32BE(0);
  const rows = header.readUInt32BE(4);
  const [depth, type, compression, filter, interlaced] = header.subarray(8);
  const colorType = colorTypes[type];
  if (!colorType?.depths.includes(depth) || compression || filter || interlaced > 1) {
    throw damaged("The PNG file's header is damaged.");
  }
  requireSize(rows, columns);

  const bits = depth * colorType.channels;
  const passes = (interlaced ? adam7 : whole)
    .map((pass) => ({
      ...pass,
      rows: Math.ceil((rows - pass.y) / pass.down),
      columns: Math.ceil((columns - pass.x) / pass.right),
    }))
    .filter((pass) => pass.rows > 0 && pass.columns > 0)
    .map((pass) => ({ ...pass, stride: Math.ceil((pass.columns * bits) / 8) }));
  const size = passes.reduce((sum, pass) => sum + pass.rows * (1 + pass.stride), 0);
  const data = inflate(
    chunks.filter(({ type }) => type === 'IDAT'),
    size,
  );

  const color = colorReader(type, depth, chunks);
  const rgba = new Uint8Array(4 * rows * columns);
  let offset = 0;
  for (const pass of passes) {
    let above: Uint8Array = new Uint8Array(pass.stride);
    for (let row = 0; row < pass.rows; row++) {
      const line = data.subarray(offset + 1, offset + 1 + pass.stride);
      unfilter(data[offset], line, above, Math.ceil(bits / 8));
      for (let column = 0; column < pass.columns; column++) {
        const pixel = (pass.y + row * pass.down) * columns + pass.x + column * pass.right;
        color(line, column, rgba.subarray(4 * pixel, 4 * pixel + 4));
      }
      above = line;
      offset += 1 + pass.stride;
    }
  }
  return { pixels: grayFromRgba(rgba), rows, columns };
}

interface Chunk {
  type: string;
  data: Buffer;
  /** What is wrong with it, as a sentence. */
  flaw?: string;
}

function readChunks(file: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let offset = signature; offset + 8 <= file.length; ) {
    const type = file.toString('latin1', offset + 4, offset + 8);
    if (type === 'IEND') break;
    const end = offset + 8 + file.readUInt32BE(offset);
    const isWhole = end + 4 <= file.length;
    const flaw = isWhole ? `The PNG file's ${JSON.stringify(type)} chunk is damaged.` : truncated;
    const isIntact = isWhole && crc32(file.subarray(offset + 4, end)) === file.readUInt32BE(end);
    chunks.push({ type, data: file.subarray(offset + 8, end), flaw: isIntact ? undefined : flaw });
    offset = isIntact || beginsChunk(file, end + 4) ? end + 4 : nextChunk(file, offset + 8);
  }
  return chunks;
}

/** Whether a chunk seems to begin there, by its type of letters, and a length within the file. */
function beginsChunk(file: Buffer, offset: number): boolean {
  return (
    offset + 12 <= file.length &&
    /^[a-z]{4}$/i.test(file.toString('latin1', offset + 4, offset + 8)) &&
    offset + 12 + file.readUInt32BE(offset) <= file.length
  );
}

/** Where the next chunk begins after one with a wrong length; the end of the file if there is none. */
function nextChunk(file: Buffer, from: number): number {
  let offset = from;
  while (offset < file.length && !beginsChunk(file, offset)) offset++;
  return offset;
}

function requireIntact({ flaw }: Chunk): void {
  if (flaw !== undefined) throw damaged(flaw);
}

function inflate(chunks: Chunk[], size: number): Uint8Array {
  if (chunks.length === 0) throw damaged(truncated);
  const compressed = Buffer.concat(chunks.map(({ data }) => data));
  const flaw = chunks.find((chunk) => chunk.flaw !== undefined)?.flaw;
  let data: Uint8Array;
  try {
    data =
      flaw === undefined
        ? inflateUnchecked(compressed, size)
        : inflateSync(compressed, { maxOutputLength: size });
  } catch (cause) {
    throw damaged(flaw ?? damagedPixels, { cause });
  }
  if (data.length === size) return data;
  throw damaged("The PNG file's pixels are truncated.");
}

/** Inflates without checking, or needing, the checksum at the end. */
function inflateUnchecked(compressed: Buffer, size: number): Uint8Array {
  const [method, flags] = compressed;
  // The stream's own header: deflate, without a preset dictionary.
  if ((method & 15) !== 8 || (256 * method + flags) % 31 !== 0 || flags & 32)
    throw new Error('no zlib stream');
  // Unless told to flush, inflateRawSync throws if the stream has no end.
  return inflateRawSync(compressed.subarray(2), {
    maxOutputLength: size,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
}

/** Undoes the filter of a line in place; `distance` is that from a byte to the same byte of the pixel to its left. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, distance: number): void {
  if (filter > 4) throw damaged(damagedPixels);
  if (filter === 0) return;
  for (let i = 0; i < line.length; i++) {
    const a = i < distance ? 0 : line[i - distance];
    const b = above[i];
    const c = i < distance ? 0 : above[i - distance];
    line[i] += filter === 1 ? a : filter === 2 ? b : filter === 3 ? (a + b) >> 1 : paeth(a, b, c);
  }
}

function paeth(a: number, b: number, c: number): number {
  const [da, db, dc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return da <= db && da <= dc ? a : db <= dc ? b : c;
}

/** Returns a function that writes the color of a line's pixel as red, green, blue, and alpha. */
function colorReader(type: number, depth: number, chunks: Chunk[]) {
  const find = (wanted: string) => {
    const chunk = chunks.find(({ type }) => type === wanted);
    if (chunk !== undefined) requireIntact(chunk);
    return chunk?.data;
  };
  // With other color types a palette is only a suggestion, and transparency is in the pixels themselves.
  const palette = type === 3 ? find('PLTE') : undefined;
  const transparency = type < 4 ? find('tRNS') : undefined;
  const most = 2 ** depth - 1;
  const sample = (line: Uint8Array, i: number): number => {
    if (depth === 8) return line[i];
    if (depth === 16) return 256 * line[2 * i] + line[2 * i + 1];
    const bit = i * depth;
    return (line[bit >> 3] >> (8 - depth - (bit & 7))) & most;
  };
  const byte = (value: number) => Math.round((255 * value) / most);

  if (type === 3) {
    if (palette === undefined) throw damaged('The PNG file has no palette.');
    return (line: Uint8Array, column: number, rgba: Uint8Array) => {
      const index = sample(line, column);
      if (3 * index + 3 > palette.length) throw damaged("The PNG file's palette is damaged.");
      rgba.set(palette.subarray(3 * index, 3 * index + 3));
      rgba[3] = transparency?.[index] ?? 255;
    };
  }
  const colors = type & 2 ? 3 : 1;
  const hasAlpha = type >= 4;
  const channels = colors + Number(hasAlpha);
  const key =
    transparency !== undefined && transparency.length >= 2 * colors
      ? Array.from({ length: colors }, (_, i) => transparency.readUInt16BE(2 * i))
      : undefined;
  return (line: Uint8Array, column: number, rgba: Uint8Array) => {
    const first = channels * column;
    for (let i = 0; i < 3; i++) rgba[i] = byte(sample(line, first + (colors === 3 ? i : 0)));
    if (hasAlpha) rgba[3] = byte(sample(line, first + colors));
    else rgba[3] = key?.every((value, i) => value === sample(line, first + i)) ? 0 : 255;
  };
}
