import { type Bounds, isDot, type Part, strokeOf } from './parts';
import type { WorkingImage } from './resample';
import { rectangularity } from './sheet';

/** How far a frame extends from the sides of its bounds, as a fraction of their length. */
const band = 0.12;
/**
 * The number of directions in which to look from the part that a ring surrounds, and the share of them in which the ring is
 * seen.
 */
const directions = 72;
const closed = 0.85;
/** How thin a ring is that is not part of the digit, as a fraction of the strokes within it. */
const thinner = 0.6;
/** How much of the smallest rectangle around it a bar fills, such as the slash in a 0; so does a 1. */
const simple = 0.65;

/** Whether a part is a frame around others, or a ring around a bar: a frame around a 1, or a 0 with a slash. */
export function frameKind(part: Part, others: Part[], image: WorkingImage): 'frame' | 'doubtful' | undefined {
  // A dot is not a digit, but may be part of one.
  const inner = others.filter((other) => isInside(other.bounds, part.bounds) && !isDot(other.pixels, image));
  if (inner.length > 0 && liesAlongSides(part, image)) return 'frame';
  const enclosed = inner.filter((other) => surrounds(part, other, image));
  if (enclosed.length === 0) return undefined;
  const stroke = Math.max(...enclosed.map(({ pixels }) => strokeOf(pixels, image)));
  if (strokeOf(part.pixels, image) <= thinner * stroke) return 'frame';
  return enclosed.every((other) => isSimple(other, image)) ? 'doubtful' : 'frame';
}

const isInside = (inner: Bounds, outer: Bounds): boolean =>
  inner.top > outer.top &&
  inner.left > outer.left &&
  inner.bottom < outer.bottom &&
  inner.right < outer.right;

/** Whether a part runs along the sides of its bounds, which no digit with another part inside them does. */
function liesAlongSides({ pixels, bounds }: Part, { columns }: WorkingImage): boolean {
  const { top, left, bottom, right } = bounds;
  const [high, wide] = [band * (bottom - top), band * (right - left)];
  const along = pixels.filter((i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return row < top + high || row >= bottom - high || column < left + wide || column >= right - wide;
  });
  return along.length >= 0.9 * pixels.length;
}

/** Whether a part is seen in nearly every direction from the middle of another. */
function surrounds({ pixels }: Part, { bounds }: Part, { columns }: WorkingImage): boolean {
  const [y, x] = [(bounds.top + bounds.bottom - 1) / 2, (bounds.left + bounds.right - 1) / 2];
  const seen = new Set(
    pixels.map((i) => {
      const angle = Math.atan2(Math.floor(i / columns) - y, (i % columns) - x);
      return Math.floor((angle / (2 * Math.PI) + 0.5) * directions) % directions;
    }),
  );
  return seen.size >= closed * directions;
}

function isSimple({ pixels }: Part, { columns, values }: WorkingImage): boolean {
  const mask = new Uint8Array(values.length);
  for (const i of pixels) mask[i] = 1;
  return rectangularity(mask, columns) >= simple;
}
