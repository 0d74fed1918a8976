import type { Grey } from './grey';

/**
 * The orientation, 1 to 8, that a camera recorded in a JPEG file's APP1 segment; undefined if it recorded none.
 *
 * @see CIPA DC-008, "Exchangeable image file format for digital still cameras", 4.6.4 A, tag 274.
 */
export function exifOrientation(segment: Buffer): number | undefined {
  if (segment.toString('latin1', 0, 6) !== 'Exif\0\0') return undefined;
  const tiff = segment.subarray(6);
  const order = tiff.toString('latin1', 0, 2);
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return undefined;
  const uint16 = (at: number) => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return undefined;
  const entries = uint16(directory);
  for (let entry = directory + 2; entry < directory + 2 + 12 * entries; entry += 12) {
    if (entry + 12 > tiff.length) return undefined;
    if (uint16(entry) !== 274) continue;
    const orientation = uint16(entry + 8);
    return orientation >= 1 && orientation <= 8 ? orientation : undefined;
  }
  return undefined;
}

/** Turns an image upright that was stored with an orientation from 1 (already upright) to 8. */
export function orient(image: Grey, orientation: number): Grey {
  // From 5 on, the stored rows are columns; the stored top may be the bottom or right, the stored left the right or bottom.
  const isTransposed = orientation >= 5;
  const isTopLast = [3, 4, 6, 7].includes(orientation);
  const isLeftLast = [2, 3, 7, 8].includes(orientation);
  const [rows, columns] = isTransposed ? [image.columns, image.rows] : [image.rows, image.columns];
  const pixels = new Uint8Array(image.pixels.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [y, x] = isTransposed ? [column, row] : [row, column];
      const storedRow = isTopLast ? image.rows - 1 - y : y;
      const storedColumn = isLeftLast ? image.columns - 1 - x : x;
      pixels[row * columns + column] = image.pixels[storedRow * image.columns + storedColumn];
    }
  }
  return { pixels, rows, columns };
}
