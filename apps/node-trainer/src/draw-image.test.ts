import { expect, it } from 'vitest';
import { drawImage } from './draw-image';

const pixels = [0, 1, 52, 53, 156, 255, 0, 0];

it('draws two characters a pixel, darker shades for larger values, and no blanks at the end of a line', () => {
  expect(drawImage(pixels, 2, 4, 80)).toBe('  ░░░░▒▒\n▓▓██');
});

it('draws one character a pixel where two do not fit', () => {
  expect(drawImage(pixels, 2, 4, 7)).toBe(' ░░▒\n▓█');
});
