import type { WorkingImage } from './resample';
import { thickness } from './sheet';

/** The length, of the longer side of the image, from which a part may be the drawing. */
const extent = 0.2;
/** How far from the sides of its bounds a frame reaches, of their length. */
const band = 0.12;
/** The most of the border that a digit covers: one that just fits its image covers less. */
export const mostContact = 0.5;

/** A connected part of what stands out. */
export interface Part {
  pixels: number[];
  ink: number;
  /** The share of the image's border that it covers. */
  contact: number;
  bounds: Bounds;
}

interface Bounds {
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

const longest = ({ top, left, bottom, right }: Bounds): number => Math.max(bottom - top, right - left);

/** The pixels at which an image, or the sheet in it, ends. */
export interface Border {
  /** 1 for each of them. */
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

/** Leaves out frames, and what comes in from the border beside a drawing. */
export function drawingOf(parts: Part[], image: WorkingImage): Part[] {
  const least = extent * Math.max(image.rows, image.columns);
  const large = parts.filter(({ bounds }) => longest(bounds) >= least);
  const frames = large.filter((part) => large.some((other) => isFrame(part, other, image)));
  const rest = parts.filter((part) => !frames.includes(part));
  const inner = rest.filter(({ contact }) => contact === 0);
  const main = inner.filter((part) => large.includes(part));
  if (main.length === 0) return rest;
  // A digit that touches the border may have parts that do not.
  const ink = main.reduce((sum, part) => sum + part.ink, 0);
  const stroke = Math.max(...main.map(({ pixels }) => strokeOf(pixels, image)));
  const strokes = rest.filter(
    (part) =>
      part.contact > 0 &&
      part.contact < mostContact / 2 &&
      part.ink > ink &&
      strokeOf(part.pixels, image) <= 1.5 * stroke,
  );
  return [...inner, ...strokes];
}

/** Whether a part surrounds another one and lies along the sides of its own bounds, as no digit does. */
function isFrame({ pixels, bounds }: Part, { bounds: other }: Part, { columns }: WorkingImage): boolean {
  const { top, left, bottom, right } = bounds;
  const surrounds = other.top > top && other.left > left && other.bottom < bottom && other.right < right;
  if (!surrounds) return false;
  const [high, wide] = [band * (bottom - top), band * (right - left)];
  const along = pixels.filter((i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return row < top + high || row >= bottom - high || column < left + wide || column >= right - wide;
  });
  return along.length >= 0.9 * pixels.length;
}
