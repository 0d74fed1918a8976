import type { Image } from './event-writer';

/** The most units in a grid. */
const most = 64;
/** Small grids are enlarged to about this many pixels. */
const usualSize = 480;
/** The lines between the units. */
const gray = 208;

/**
 * The incoming weights of the first 64 units as images in a grid: 0 is white, and red and blue are positive and negative, up to
 * the largest weight of the unit.
 *
 * @param kernel [rows·columns, units], row by row.
 */
export function kernelGrid(
  kernel: ArrayLike<number>,
  units: number,
  [rows, columns]: readonly [number, number],
): Image {
  const shown = Math.min(units, most);
  const across = Math.ceil(Math.sqrt(shown));
  const down = Math.ceil(shown / across);
  const [cellWidth, cellHeight] = [columns + 1, rows + 1];
  const scale = Math.max(1, Math.floor(usualSize / Math.max(across * cellWidth, down * cellHeight)));
  const width = scale * (across * cellWidth - 1);
  const height = scale * (down * cellHeight - 1);
  const largest = Float64Array.from({ length: shown }, (_, unit) => largestOf(kernel, units, unit));
  const data = new Uint8Array(width * height * 3).fill(gray);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / scale);
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / scale);
      const unit = Math.floor(row / cellHeight) * across + Math.floor(column / cellWidth);
      const [inRow, inColumn] = [row % cellHeight, column % cellWidth];
      if (unit >= shown || inRow === rows || inColumn === columns) continue;
      const weight = kernel[(inRow * columns + inColumn) * units + unit];
      const share = largest[unit] > 0 ? weight / largest[unit] : 0;
      const pale = 255 - Math.round(255 * Math.abs(share));
      data.set(share < 0 ? [pale, pale, 255] : [255, pale, pale], 3 * (y * width + x));
    }
  }
  return { width, height, channels: 3, data };
}

function largestOf(kernel: ArrayLike<number>, units: number, unit: number): number {
  let largest = 0;
  for (let i = unit; i < kernel.length; i += units) largest = Math.max(largest, Math.abs(kernel[i]));
  return largest;
}
