import { expect, it } from 'vitest';
import { decodePgm } from './pgm';

const read = (text: string, ...bytes: number[]) =>
  decodePgm(Buffer.concat([Buffer.from(text, 'latin1'), Buffer.from(bytes)]));

it.each<[string, string, number[], number[]]>([
  ['plain', 'P2\n3 1\n255\n0 51 255\n', [], [0, 51, 255]],
  ['plain, with comments', 'P2 # made by hand\n#\n3 1 # wide\r\n10\n0 # black\n2 10', [], [0, 51, 255]],
  ['plain, without an end of the last line', 'P2 3 1 1 0 1 1', [], [0, 255, 255]],
  ['raw', 'P5\n3 1\n255\n', [10, 51, 255], [10, 51, 255]],
  ['raw, with comments', 'P5\n# made by hand\n3 1\n5 ', [0, 1, 5], [0, 51, 255]],
  ['raw, of two bytes', 'P5\n3 1\n65535\n', [0, 0, 51, 51, 255, 255], [0, 51, 255]],
])('reads a file that is %s', (_, text, bytes, expected) => {
  expect(read(text, ...bytes)).toEqual({ pixels: Uint8Array.from(expected), rows: 1, columns: 3 });
});

it.each<[string, string, number[], string]>([
  ['truncated in its header', 'P5\n3', [], 'The PGM file is truncated.'],
  ['truncated, raw', 'P5\n3 1\n255\n', [1, 2], 'The PGM file is truncated.'],
  ['truncated, plain', 'P2\n3 1\n255\n200 200', [], 'The PGM file is truncated.'],
  ['without a size', 'P5\nwide', [], "The PGM file's width is not a number."],
  ['of no size', 'P5 0 4 255 ', [], 'The image has no pixels (0 × 4).'],
  ['of a large size, but short', 'P5 8000 8000 255 ', [1], 'The PGM file is truncated.'],
  ['of no gray levels', 'P5 1 1 0 ', [1], "The PGM file's largest value is 0; it must be from 1 to 65535."],
  [
    'of too many gray levels',
    'P5 1 1 65536 ',
    [1],
    "The PGM file's largest value is 65536; it must be from 1 to 65535.",
  ],
  [
    'brighter than it says',
    'P2 2 1 7 3 8',
    [],
    "The PGM file's pixel 1 is 8, which is above its largest value, 7.",
  ],
  ['of words', 'P2 2 1 7 3 x', [], "The PGM file's pixel 1 is not a number."],
])('refuses a file that is %s', (_, text, bytes, message) => {
  expect(() => read(text, ...bytes)).toThrow(expect.objectContaining({ code: 'INVALID_DATA', message }));
});

it('refuses an image that is too large', () => {
  expect(() => read('P5 100000 100000 255 ', 1)).toThrow(
    expect.objectContaining({
      code: 'UNSUPPORTED',
      message: 'The image has 100000 × 100000 pixels; at most 64 million are supported. Make it smaller.',
    }),
  );
});
