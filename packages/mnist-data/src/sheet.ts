import { resize, type WorkingImage } from './resample';

/**
 * The longer side of the image in which to look for sheets, and the minimum shorter side of an image that may show one, in
 * pixels.
 */
const size = 100;
const smallest = 64;
/**
 * The minimum and maximum share of the image that a sheet covers: anything larger is the whole image, anything smaller a
 * stroke.
 */
const [least, most] = [0.08, 0.995];
/** How much of the smallest rectangle around it a sheet fills, intact and with its corners cut off; an ellipse fills π/4. */
const rectangular = 0.85;
const cutOff = 0.7;
/** The side of a blank square on a sheet whose corners are cut off, as a fraction of the image: a bold 0 may be narrower. */
const blankSquare = 0.2;
/**
 * The share of that rectangle that no hole in a digit fills, and the width, as a fraction of the image, that no stroke has.
 */
const straight = 0.93;
const widest = 0.4;

/** A sheet of paper, or another area of one brightness, that is only part of an image. */
export interface Sheet {
  /** The image within the sheet's bounds; anything next to the sheet has the sheet's own brightness. */
  image: WorkingImage;
  /** How much the sheet differs from its surroundings, out of 255. */
  contrast: number;
  /** How much thicker the sheet must be than the strokes on it; a closed stroke around a hole is not thicker. */
  thicker: number;
  /** The side of the largest square on it that is clear of the drawing, in pixels of the image. */
  thickness: number;
  /** Whether it is inside the image, blank, too large to be a stroke, and too straight to be enclosed by a digit. */
  isBlank: boolean;
  /** 1 for each pixel at the sheet's edge, which serves as its border. */
  edge: Uint8Array;
}

/** The sheets in an image, largest first. Most drawings show none: paper that fills the image is not a sheet. */
export function findSheets(image: WorkingImage): Sheet[] {
  if (Math.min(image.rows, image.columns) < smallest) return [];
  const scale = size / Math.max(image.rows, image.columns);
  const small = resize(image, Math.ceil(scale * image.rows), Math.ceil(scale * image.columns));
  const { columns, values } = small;
  const { threshold, contrast } = otsu(values);
  const isLight = Uint8Array.from(values, (value) => Number(value > threshold));
  return regions(isLight, columns)
    .filter((pixels) => pixels.length >= (least / 2) * values.length)
    .map((pixels) => {
      const region = new Uint8Array(values.length);
      for (const i of pixels) region[i] = 1;
      const filled = fillHoles(region, columns);
      return { region, filled, area: count(filled) / filled.length };
    })
    .filter(({ area }) => area >= least && area <= most)
    .map(({ region, filled, area }) => ({ region, filled, area, fit: rectangularity(filled, columns) }))
    .filter(
      ({ region, fit }) =>
        fit >= rectangular || (fit >= cutOff && thickness(region, columns) >= blankSquare * size),
    )
    .sort((a, b) => b.area - a.area)
    .map(({ region, filled, fit }) => ({
      ...cut(image, region, filled, small),
      contrast,
      thicker: fit >= rectangular ? 1.5 : 3,
      thickness: thickness(region, columns) / scale,
      isBlank:
        fit >= straight &&
        thickness(region, columns) >= widest * size &&
        !region.some((value, i) => value && isAtBorder(i, columns, region.length)) &&
        count(region) >= 0.99 * count(filled),
    }));
}

const count = (mask: Uint8Array): number => mask.reduce((sum, value) => sum + value, 0);

/** The threshold between the two classes of brightness that differ most, and the difference of their means. */
function otsu(values: Float32Array): { threshold: number; contrast: number } {
  const histogram = new Float64Array(256);
  for (const value of values) histogram[Math.min(255, Math.max(0, Math.floor(value)))]++;
  const total = histogram.reduce((sum, n, value) => sum + n * value, 0);
  let best = { threshold: 0, contrast: 0, between: -1 };
  let [below, sum] = [0, 0];
  for (let threshold = 0; threshold < 255; threshold++) {
    below += histogram[threshold];
    sum += histogram[threshold] * threshold;
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    const contrast = (total - sum) / above - sum / below;
    const between = below * above * contrast ** 2;
    if (between > best.between) best = { threshold: threshold + 1, contrast, between };
  }
  return best;
}

/** The connected regions of equal value, where each pixel has four neighbors. */
function regions(values: Uint8Array, columns: number): number[][] {
  const seen = new Uint8Array(values.length);
  const found: number[][] = [];
  for (let start = 0; start < values.length; start++) {
    if (seen[start]) continue;
    const region = [start];
    seen[start] = 1;
    for (const i of region) {
      for (const j of beside(i, columns, values.length)) {
        if (seen[j] || values[j] !== values[start]) continue;
        seen[j] = 1;
        region.push(j);
      }
    }
    found.push(region);
  }
  return found;
}

function beside(i: number, columns: number, length: number): number[] {
  const around: number[] = [];
  if (i % columns) around.push(i - 1);
  if ((i + 1) % columns) around.push(i + 1);
  if (i >= columns) around.push(i - columns);
  if (i + columns < length) around.push(i + columns);
  return around;
}

const isAtBorder = (i: number, columns: number, length: number): boolean =>
  i < columns || i >= length - columns || i % columns === 0 || (i + 1) % columns === 0;

/** A region with everything it encloses. */
function fillHoles(region: Uint8Array, columns: number): Uint8Array {
  const filled = new Uint8Array(region.length).fill(1);
  for (const outside of regions(region, columns)) {
    if (region[outside[0]] || !outside.some((i) => isAtBorder(i, columns, region.length))) continue;
    for (const i of outside) filled[i] = 0;
  }
  return filled;
}

/** How much of the smallest rectangle around it, at any angle, a region fills. */
export function rectangularity(mask: Uint8Array, columns: number): number {
  let smallest = Infinity;
  for (let angle = 0; angle < Math.PI / 2; angle += Math.PI / 90) {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    mask.forEach((value, i) => {
      if (!value) return;
      const [x, y] = [i % columns, Math.floor(i / columns)];
      left = Math.min(left, x * cos + y * sin);
      right = Math.max(right, x * cos + y * sin);
      top = Math.min(top, y * cos - x * sin);
      bottom = Math.max(bottom, y * cos - x * sin);
    });
    smallest = Math.min(smallest, (right - left + 1) * (bottom - top + 1));
  }
  return count(mask) / smallest;
}

/** The side of the largest square within a region, which is taken to continue beyond the edges of the image. */
export function thickness(mask: ArrayLike<number>, columns: number): number {
  const side = new Uint16Array(mask.length);
  let largest = 0;
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const inside = i >= columns && i % columns > 0;
    side[i] = inside ? 1 + Math.min(side[i - 1], side[i - columns], side[i - columns - 1]) : 1;
    largest = Math.max(largest, side[i]);
  }
  return largest;
}

/** The part of an image that holds a sheet, with its edges and everything beside it at the sheet's median brightness. */
function cut(
  image: WorkingImage,
  region: Uint8Array,
  filled: Uint8Array,
  small: WorkingImage,
): Pick<Sheet, 'image' | 'edge'> {
  const { rows, columns } = small;
  // Excluded: a pixel of the small image that is partly sheet, and one for its blurred edge.
  const inner = erode(erode(filled, columns), columns);
  const level = small.values.filter((_, i) => region[i] && inner[i]).sort();
  const median = level[level.length >> 1] ?? 0;
  let [top, left, bottom, right] = [rows, columns, 0, 0];
  filled.forEach((value, i) => {
    if (!value) return;
    const [row, column] = [Math.floor(i / columns), i % columns];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
    [left, right] = [Math.min(left, column), Math.max(right, column + 1)];
  });
  const vertical = image.rows / rows;
  const horizontal = image.columns / columns;
  const [firstRow, firstColumn] = [Math.floor(top * vertical), Math.floor(left * horizontal)];
  const height = Math.ceil(bottom * vertical) - firstRow;
  const width = Math.ceil(right * horizontal) - firstColumn;
  const isInner = Uint8Array.from({ length: height * width }, (_, i) => {
    const row = firstRow + Math.floor(i / width);
    const column = firstColumn + (i % width);
    const place =
      Math.min(rows - 1, Math.floor(row / vertical)) * columns +
      Math.min(columns - 1, Math.floor(column / horizontal));
    return inner[place];
  });
  const values = Float32Array.from(isInner, (value, i) => {
    const pixel = (firstRow + Math.floor(i / width)) * image.columns + firstColumn + (i % width);
    return value ? image.values[pixel] : median;
  });
  const core = erode(isInner, width);
  const edge = isInner.map((value, i) => Number(value && (!core[i] || isAtBorder(i, width, core.length))));
  return { image: { values, rows: height, columns: width }, edge };
}

/** A region without the pixels at its edge; it is taken to continue beyond the edges of the image. */
const erode = (mask: Uint8Array, columns: number): Uint8Array =>
  mask.map((value, i) => Number(value && beside(i, columns, mask.length).every((j) => mask[j])));
