import { expect, it } from 'vitest';
import { ImageFileError } from './grey';
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
  ['cut short in its header', 'P5\n3', [], 'it is cut short'],
  ['cut short, raw', 'P5\n3 1\n255\n', [1, 2], 'it is cut short'],
  ['cut short, plain', 'P2\n3 1\n255\n200 200', [], 'it is cut short'],
  ['without a size', 'P5\nwide', [], 'its width is not a number'],
  ['of no size', 'P5 0 4 255 ', [], 'it has no pixels (0 × 4)'],
  [
    'too large',
    'P5 100000 100000 255 ',
    [1],
    'it is 100000 × 100000 pixels, and at most 64 million are supported: make it smaller',
  ],
  ['of a large size, but short', 'P5 8000 8000 255 ', [1], 'it is cut short'],
  ['of no grey levels', 'P5 1 1 0 ', [1], 'its largest value is 0, and 1 to 65535 are allowed'],
  ['of too many grey levels', 'P5 1 1 65536 ', [1], 'its largest value is 65536, and 1 to 65535 are allowed'],
  ['brighter than it says', 'P2 2 1 7 3 8', [], 'its pixel 1 is 8, above its largest value 7'],
  ['of words', 'P2 2 1 7 3 x', [], 'its pixel 1 is not a number'],
])('refuses a file that is %s', (_, text, bytes, message) => {
  expect(() => read(text, ...bytes)).toThrow(new ImageFileError(message));
});
