import { encode } from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { decodeJpeg } from './jpeg';

/** A dark bar at the top and a lighter one at the left, 48 × 32. */
const [columns, rows] = [48, 32];
const bars = Uint8Array.from({ length: rows * columns }, (_, i) =>
  i < 8 * columns ? 0 : i % columns < 8 ? 120 : 255,
);
const jpeg = encode(
  {
    data: Uint8Array.from({ length: 4 * bars.length }, (_, i) => bars[i >> 2]),
    width: columns,
    height: rows,
  },
  95,
).data;

/** The file with an EXIF segment, as cameras write it. */
function oriented(orientation: number, order: 'II' | 'MM'): Buffer {
  const tiff = Buffer.alloc(26);
  const uint16 = (value: number, at: number) =>
    order === 'II' ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at);
  tiff.write(order);
  uint16(42, 2);
  tiff[order === 'II' ? 4 : 7] = 8;
  uint16(1, 8);
  uint16(274, 10);
  uint16(3, 12);
  tiff[order === 'II' ? 14 : 17] = 1;
  uint16(orientation, 18);
  const segment = Buffer.concat([Buffer.from('\xff\xe1\0\0Exif\0\0', 'latin1'), tiff]);
  segment.writeUInt16BE(segment.length - 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

it('reads grey values', () => {
  const image = decodeJpeg(jpeg);
  expect([image.rows, image.columns]).toEqual([rows, columns]);
  image.pixels.forEach((value, i) => {
    expect(Math.abs(value - bars[i])).toBeLessThan(12);
  });
});

// Where the top and the left of the stored image are to be seen, of the EXIF standard's table.
it.each<[number, string, string]>([
  [1, 'top', 'left'],
  [2, 'top', 'right'],
  [3, 'bottom', 'right'],
  [4, 'bottom', 'left'],
  [5, 'left', 'top'],
  [6, 'right', 'top'],
  [7, 'right', 'bottom'],
  [8, 'left', 'bottom'],
])('turns upright what was stored with orientation %d', (orientation, dark, lighter) => {
  for (const order of ['II', 'MM'] as const) {
    const image = decodeJpeg(oriented(orientation, order));
    const side = (name: string) => {
      const [y, x] = {
        top: [4, image.columns / 2],
        bottom: [image.rows - 5, image.columns / 2],
        left: [image.rows / 2, 4],
        right: [image.rows / 2, image.columns - 5],
      }[name] as [number, number];
      return image.pixels[y * image.columns + x];
    };
    expect([image.rows, image.columns]).toEqual(orientation < 5 ? [rows, columns] : [columns, rows]);
    expect(side(dark)).toBeLessThan(20);
    expect(Math.abs(side(lighter) - 120)).toBeLessThan(20);
  }
});

/** By libjpeg-turbo's `cjpeg -quality 40`, with `-progressive` and with `-optimize -restart 5B`, of which the last interval is short. */
const written = {
  baseline: jpeg,
  progressive: Buffer.from(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/wgALCAAUABwBAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAX/2gAIAQEAAAABiixbIls//8QAFBABAAAAAAAAAAAAAAAAAAAAMP/aAAgBAQABBQJP/8QAFBABAAAAAAAAAAAAAAAAAAAAMP/aAAgBAQAGPwJP/8QAFBABAAAAAAAAAAAAAAAAAAAAMP/aAAgBAQABPyFP/9oACAEBAAAAEP8A/wD/xAAUEAEAAAAAAAAAAAAAAAAAAAAw/9oACAEBAAE/EE//2Q==',
    'base64',
  ),
  restarting: Buffer.from(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/wAALCAAUABwBAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAb/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/90ABAAF/9oACAEBAAA/AIwBYP/QswRK2f/Rsx//2Q==',
    'base64',
  ),
};

const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringMatching(message) });

describe.each(Object.entries(written))('a %s file', (name, file) => {
  const image = decodeJpeg(file);

  it('is read', () => {
    const size = name === 'baseline' ? [rows, columns] : [20, 28];
    expect([image.rows, image.columns]).toEqual(size);
    image.pixels.forEach((value, i) => {
      const expected = i < 8 * image.columns ? 0 : i % image.columns < 8 ? 120 : 255;
      expect(Math.abs(value - expected)).toBeLessThan(12);
    });
  });

  it.each<[string, Buffer]>([
    ['without its end marker', file.subarray(0, -2)],
    ['with half of its end marker', file.subarray(0, -1)],
    ['followed by something', Buffer.concat([file, Buffer.from('more\xff\xd8', 'latin1')])],
    [
      'followed by something in the place of its end marker',
      Buffer.concat([file.subarray(0, -2), Buffer.from('\xff\x03more', 'latin1')]),
    ],
  ])('is the same %s', (_, damaged) => {
    expect(decodeJpeg(damaged)).toEqual(image);
  });

  it('is refused where a byte of its pixels is missing at the end, or half of the file', () => {
    for (const part of [file.subarray(0, -3), file.subarray(0, file.length - 30)]) {
      expect(() => decodeJpeg(part)).toThrow(invalid(/truncated/));
    }
  });
});

it('refuses a progressive file that ends between two scans', () => {
  const { progressive } = written;
  const scan = Buffer.from([0xff, 0xda]);
  for (let at = progressive.indexOf(scan); at >= 0; at = progressive.indexOf(scan, at + 2)) {
    expect(() => decodeJpeg(progressive.subarray(0, at))).toThrow(invalid(/truncated/));
  }
});

it('refuses a file that ends between two restart intervals, with or without an end marker', () => {
  const { restarting } = written;
  const part = restarting.subarray(0, restarting.indexOf(Buffer.from([0xff, 0xd1])));
  for (const end of [[], [0xff, 0xd9]]) {
    expect(() => decodeJpeg(Buffer.concat([part, Buffer.from(end)]))).toThrow(invalid(/truncated/));
  }
});

const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
const sized = (height: number, width: number) => {
  const file = Buffer.from(jpeg);
  file.writeUInt16BE(height, frame + 5);
  file.writeUInt16BE(width, frame + 7);
  return file;
};

it.each<[string, Buffer, string, RegExp]>([
  [
    'truncated in its header',
    jpeg.subarray(0, 40),
    'INVALID_DATA',
    /^The JPEG file is truncated or damaged\.$/,
  ],
  [
    'truncated in its pixels',
    jpeg.subarray(0, -40),
    'INVALID_DATA',
    /^The JPEG file is truncated or damaged \(.+\)\.$/,
  ],
  ['of no size', sized(0, 4), 'INVALID_DATA', /^The image has no pixels \(4 × 0\)\.$/],
  ['too large', sized(60000, 60000), 'UNSUPPORTED', /^The image has 60000 × 60000 pixels;/],
  ['large only by its header', sized(7000, 7000), 'INVALID_DATA', /^The JPEG file is truncated\.$/],
  [
    'of another kind',
    Buffer.from(jpeg).fill(0xc3, frame + 1, frame + 2),
    'UNSUPPORTED',
    /^The JPEG file is lossless, .* Save it as an ordinary one\.$/,
  ],
])('refuses a file that is %s', (_, file, code, message) => {
  const error = expect.objectContaining({ code, message: expect.stringMatching(message) });
  expect(() => decodeJpeg(file)).toThrow(error);
});
