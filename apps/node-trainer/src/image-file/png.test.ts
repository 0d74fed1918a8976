import { crc32, deflateSync } from 'node:zlib';
import { encode } from 'fast-png';
import { expect, it } from 'vitest';
import { decodePng } from './png';

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(type, 'latin1'), data, Buffer.alloc(4)]);
  bytes.writeUInt32BE(data.length, 0);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
}

interface Png {
  columns: number;
  rows: number;
  depth: number;
  type: number;
  interlaced?: boolean;
  /** The lines as they are compressed, each with the type of its filter first. */
  lines: number[][];
  chunks?: Buffer[];
  /** The compressed lines. Default: as they should be. */
  stream?: Uint8Array;
}

function png(options: Png): Buffer {
  const { columns, rows, depth, type, interlaced = false, lines, chunks = [] } = options;
  const { stream = deflateSync(Uint8Array.from(lines.flat())) } = options;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns, 0);
  header.writeUInt32BE(rows, 4);
  header.set([depth, type, 0, 0, Number(interlaced)], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...chunks,
    chunk('IDAT', stream),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const pixels = (options: Png) => [...decodePng(png(options)).pixels];
const random = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i * 31 + i * 7) % 256);

it.each([
  ['null', 8],
  ['Adam7', 8],
  ['null', 16],
  ['Adam7', 16],
] as const)('reads what fast-png writes: interlace %s, depth %d', (interlace, depth) => {
  const [width, height] = [13, 9];
  const bytes = random(width * height);
  const data = depth === 8 ? bytes : Uint16Array.from(bytes, (value) => 257 * value);
  const file = Buffer.from(encode({ data, width, height, depth, channels: 1 }, { interlace }));
  expect(decodePng(file)).toEqual({ pixels: bytes, rows: height, columns: width });
});

it.each([
  [1, [0b10110000], [255, 0, 255]],
  [2, [0b00011100], [0, 85, 255]],
  [4, [0x0f, 0x30], [0, 255, 51]],
  [8, [0, 255, 51], [0, 255, 51]],
  [16, [0, 0, 255, 255, 51, 51], [0, 255, 51]],
  // 51.004, 200.6 and 0.502, to the nearest.
  [16, [51, 52, 201, 100, 0, 129], [51, 201, 1]],
])('reads grey of %d bits', (depth, line, expected) => {
  expect(pixels({ columns: 3, rows: 1, depth, type: 0, lines: [[0, ...line]] })).toEqual(expected);
});

it('reads interlaced pixels of less than a byte', () => {
  // A checkerboard of 3 × 3. The passes hold (0,0), then none, none, (2,0), (0,2) (2,2), (1,0) (1,2), and the second row.
  const lines = [
    [0, 0x00],
    [0, 0x00],
    [0, 0x00],
    [0, 0x80],
    [0, 0x80],
    [0, 0xa0],
  ];
  const interlaced = pixels({ columns: 3, rows: 3, depth: 1, type: 0, interlaced: true, lines });
  expect(interlaced).toEqual([0, 255, 0, 255, 0, 255, 0, 255, 0]);
});

it('undoes every filter', () => {
  const lines = [
    [1, 10, 10, 10],
    [2, 1, 1, 1],
    [3, 10, 10, 10],
    [4, 1, 1, 1],
  ];
  // By hand: sums from the left, from above, of the mean of both, of the nearest of left, above and above left.
  expect(pixels({ columns: 3, rows: 4, depth: 8, type: 0, lines })).toEqual([
    10, 20, 30, 11, 21, 31, 15, 28, 39, 16, 29, 40,
  ]);
});

it('shows colors by their luminance, and what is transparent as paper', () => {
  const red = [255, 0, 0];
  const white = [255, 255, 255];
  expect(pixels({ columns: 2, rows: 1, depth: 8, type: 2, lines: [[0, ...red, ...white]] })).toEqual([
    76, 255,
  ]);
  const alpha = [[0, ...red, 255, 0, 0, 0, 0, 0, 0, 0, 0]];
  expect(pixels({ columns: 3, rows: 1, depth: 8, type: 6, lines: alpha })).toEqual([76, 255, 255]);
  expect(pixels({ columns: 3, rows: 1, depth: 8, type: 4, lines: [[0, 9, 255, 0, 0, 0, 0]] })).toEqual([
    9, 255, 255,
  ]);
});

it('reads palettes with transparency, and a color that stands for it', () => {
  const palette = chunk('PLTE', Buffer.from([0, 0, 0, 100, 100, 100]));
  const transparent = chunk('tRNS', Buffer.from([255, 0]));
  const indexed = { columns: 3, rows: 1, depth: 1, type: 3, lines: [[0, 0b01100000]] };
  expect(pixels({ ...indexed, chunks: [palette] })).toEqual([0, 100, 100]);
  expect(pixels({ ...indexed, chunks: [palette, transparent] })).toEqual([0, 255, 255]);
  const key = chunk('tRNS', Buffer.from([0, 77]));
  expect(pixels({ columns: 3, rows: 1, depth: 8, type: 0, lines: [[0, 5, 77, 77]], chunks: [key] })).toEqual([
    5, 255, 255,
  ]);
});

const goodLines = [[0, 1, 2, 3, 4]];
const good = { columns: 4, rows: 1, depth: 8, type: 0, lines: goodLines };
const stream = deflateSync(Uint8Array.from(goodLines.flat()));
const whole = png(good);
/** Where a chunk begins. */
const chunkAt = (file: Buffer, type: string) => file.indexOf(type, 0, 'latin1') - 4;
const idat = chunkAt(whole, 'IDAT');
/** A file of three pixels, the first of which is black and opaque, and the others gray and transparent. */
const indexed = png({
  columns: 3,
  rows: 1,
  depth: 1,
  type: 3,
  lines: [[0, 0b01100000]],
  chunks: [chunk('PLTE', Buffer.from([0, 0, 0, 100, 100, 100])), chunk('tRNS', Buffer.from([255, 0]))],
});
/** A file of which a bit is wrong in the checksum of a chunk. */
function flipped(type: string, file = whole): Buffer {
  const result = Buffer.from(file);
  const at = chunkAt(file, type);
  result[at + 8 + file.readUInt32BE(at)] ^= 1;
  return result;
}
/** A file with chunks before its pixels in which bytes have been changed. */
function ancillary(changes: Record<number, number>): Buffer {
  const chunks = Buffer.concat([
    chunk('iCCP', Buffer.from('x\0\0abc')),
    chunk('tIME', Buffer.from([7, 233, 1, 1, 1, 1, 1])),
  ]);
  for (const [at, value] of Object.entries(changes)) chunks[Number(at)] = value;
  return png({ ...good, chunks: [chunks] });
}
const colors = png({
  ...good,
  type: 2,
  lines: [[0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]],
  chunks: [chunk('PLTE', Buffer.alloc(9))],
});

it.each<[string, Buffer]>([
  ['with a damaged color profile', ancillary({ 10: 99 })],
  ['with two damaged chunks', ancillary({ 10: 99, 30: 99 })],
  ['with a chunk shorter than it says', ancillary({ 3: 13 })],
  ['with a chunk longer than it says', ancillary({ 3: 3 })],
  ['with a chunk longer than the file', ancillary({ 0: 1 })],
  ['with a damaged palette that is only a suggestion', flipped('PLTE', colors)],
  ['with a wrong checksum of its chunk of pixels', flipped('IDAT')],
  [
    'with a wrong checksum of its compressed pixels',
    png({ ...good, stream: Buffer.from(stream).fill(9, stream.length - 4) }),
  ],
  ['without the checksum of its compressed pixels', png({ ...good, stream: stream.subarray(0, -4) })],
  ['with a damaged end', flipped('IEND')],
  ['truncated in its end', whole.subarray(0, -5)],
  ['without an end', whole.subarray(0, -12)],
  ['truncated in the checksum of its last pixels', whole.subarray(0, -14)],
  ['followed by something', Buffer.concat([whole, Buffer.from('more IDAT')])],
  [
    'followed by something in the place of its end',
    Buffer.concat([whole.subarray(0, -12), Buffer.from('more')]),
  ],
])('reads a file that is %s', (_, file) => {
  expect([...decodePng(file).pixels]).toEqual([1, 2, 3, 4]);
});

it('finds the transparency behind a chunk that is not as long as it says', () => {
  const key = chunk('tRNS', Buffer.from([0, 2]));
  for (const length of [0, 1, 6, 9, 200]) {
    const text = chunk('tEXt', Buffer.from('a\0b'));
    text[3] = length;
    expect([...decodePng(png({ ...good, chunks: [text, key] })).pixels]).toEqual([1, 0, 3, 4]);
  }
});

const changed = (at: number, value: number) => Buffer.from(whole).fill(value, at, at + 1);

it.each<[string, Buffer, string]>([
  ['truncated in its header', whole.subarray(0, 20), 'The PNG file is truncated.'],
  ['truncated in its pixels', whole.subarray(0, idat + 8 + 12), 'The PNG file is truncated.'],
  ['truncated before its pixels', whole.subarray(0, idat), 'The PNG file is truncated.'],
  ['damaged in its header', flipped('IHDR'), `The PNG file's "IHDR" chunk is damaged.`],
  [
    'damaged in the palette that it needs',
    flipped('PLTE', indexed),
    `The PNG file's "PLTE" chunk is damaged.`,
  ],
  ['damaged in its transparency', flipped('tRNS', indexed), `The PNG file's "tRNS" chunk is damaged.`],
  [
    'damaged in its pixels, with a right checksum of the chunk',
    png({ ...good, stream: Buffer.from(stream).fill(7, 2, 3) }),
    "The PNG file's pixels are damaged.",
  ],
  ['damaged', changed(whole.length - 20, 99), `The PNG file's "IDAT" chunk is damaged.`],
  ['of no size', png({ ...good, rows: 0 }), 'The image has no pixels (4 × 0).'],
  ['of an impossible depth', png({ ...good, type: 2, depth: 4 }), "The PNG file's header is damaged."],
  ['of more pixels than it says', png({ ...good, columns: 3 }), "The PNG file's pixels are damaged."],
  ['of fewer pixels than it says', png({ ...good, columns: 5 }), "The PNG file's pixels are truncated."],
  [
    'a small one that inflates without end',
    png({ ...good, lines: [new Array(1e6).fill(0)] }),
    "The PNG file's pixels are damaged.",
  ],
  ['of an unknown filter', png({ ...good, lines: [[5, 1, 2, 3, 4]] }), "The PNG file's pixels are damaged."],
  ['without its palette', png({ ...good, type: 3 }), 'The PNG file has no palette.'],
  [
    'of colors outside its palette',
    png({ ...good, type: 3, chunks: [chunk('PLTE', Buffer.alloc(9))] }),
    "The PNG file's palette is damaged.",
  ],
])('refuses a file that is %s', (_, file, message) => {
  expect(() => decodePng(file)).toThrow(expect.objectContaining({ code: 'INVALID_DATA', message }));
});

it('refuses an image that is too large', () => {
  const file = png({ ...good, rows: 100_000, columns: 100_000 });
  expect(() => decodePng(file)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
});
