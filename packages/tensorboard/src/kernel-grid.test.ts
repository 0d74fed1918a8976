import { expect, it } from 'vitest';
import { kernelGrid } from './kernel-grid';

/** The color of the pixel in the middle of a weight: row and column in the grid of all weights and lines. */
function colorAt(
  { width, data }: ReturnType<typeof kernelGrid>,
  across: number,
  row: number,
  column: number,
) {
  const scale = width / across;
  const [x, y] = [Math.floor((column + 0.5) * scale), Math.floor((row + 0.5) * scale)];
  return [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
}

it('shows each unit by its largest weight: red above 0, blue below, white at 0', () => {
  // Images of one row and two columns; three units, in a grid of two by two.
  const kernel = [
    [1, -4, 0],
    [-0.5, 0, 0],
  ].flat();
  const image = kernelGrid(kernel, 3, [1, 2]);
  // Two cells of two weights and one line between them.
  const at = (row: number, column: number) => colorAt(image, 5, row, column);
  expect(at(0, 0)).toEqual([255, 0, 0]);
  expect(at(0, 1)).toEqual([127, 127, 255]);
  expect(at(0, 2)).toEqual([208, 208, 208]);
  expect(at(0, 3)).toEqual([0, 0, 255]);
  expect(at(0, 4)).toEqual([255, 255, 255]);
  expect(at(1, 0)).toEqual([208, 208, 208]);
  expect(at(2, 0)).toEqual([255, 255, 255]);
  expect(at(2, 3), 'a place without a unit').toEqual([208, 208, 208]);
  expect([image.width, image.height, image.channels]).toEqual([400, 240, 3]);
});

it('shows the first 64 units of many, about 480 pixels wide', () => {
  const image = kernelGrid(new Float32Array(784 * 512), 512, [28, 28]);
  expect([image.width, image.height]).toEqual([462, 462]);
  expect(image.data).toHaveLength(462 * 462 * 3);
});
