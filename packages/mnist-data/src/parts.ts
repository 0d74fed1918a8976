import type { WorkingImage } from './resample';
import { thickness } from './sheet';

/** The maximum share of the border that a digit covers: one that just fits in its image covers less. */
export const mostContact = 0.5;
/** The side of the largest square in a dot, as a fraction of its length: 1/√2 for a disk, less than half for a bold 1. */
const compact = 0.55;

/** A connected part of the pixels that stand out. */
export interface Part {
  pixels: number[];
  ink: number;
  /** The share of the image's border that it covers. */
  contact: number;
  bounds: Bounds;
}

export interface Bounds {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

export function boundsOf(pixels: number[], columns: number): Bounds {
  const bounds = { top: Infinity, left: Infinity, bottom: 0, right: 0 };
  for (const i of pixels) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    bounds.top = Math.min(bounds.top, row);
    bounds.left = Math.min(bounds.left, column);
    bounds.bottom = Math.max(bounds.bottom, row + 1);
    bounds.right = Math.max(bounds.right, column + 1);
  }
  return bounds;
}

export const longest = ({ top, left, bottom, right }: Bounds): number => Math.max(bottom - top, right - left);

/** The pixels at the edge of an image, or of the sheet in it. */
export interface Border {
  /** 1 for each of these pixels. */
  mask: Uint8Array;
  length: number;
}

export const borderFrom = (mask: Uint8Array): Border => ({
  mask,
  length: mask.reduce((sum, value) => sum + value, 0),
});

export function borderOf({ rows, columns }: WorkingImage): Border {
  const mask = Uint8Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return Number(row === 0 || column === 0 || row === rows - 1 || column === columns - 1);
  });
  return borderFrom(mask);
}

/** The share of a border that pixels cover. */
export function contactOf(pixels: number[], { mask, length }: Border): number {
  return pixels.reduce((sum, i) => sum + mask[i], 0) / length;
}

/** How often ink crosses the border of an image. */
export function crossings(pixels: number[], rows: number, columns: number): number {
  const isInk = new Set(pixels);
  const at = (row: number, column: number) => isInk.has(row * columns + column);
  const ring = [
    ...Array.from({ length: columns }, (_, column) => at(0, column)),
    ...Array.from({ length: rows }, (_, row) => at(row, columns - 1)),
    ...Array.from({ length: columns }, (_, column) => at(rows - 1, columns - 1 - column)),
    ...Array.from({ length: rows }, (_, row) => at(rows - 1 - row, 0)),
  ];
  return ring.filter((value, i) => value && !ring.at(i - 1)).length;
}

/** The side of the largest square of ink. */
export function strokeOf(pixels: number[], { columns, values }: WorkingImage): number {
  const mask = new Uint8Array(values.length);
  for (const i of pixels) mask[i] = 1;
  return thickness(mask, columns);
}

/** Whether pixels are a dot rather than a stroke. */
export function isDot(pixels: number[], image: WorkingImage): boolean {
  return strokeOf(pixels, image) >= compact * longest(boundsOf(pixels, image.columns));
}
