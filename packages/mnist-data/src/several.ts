import type { Bounds, Part } from './parts';

/** The minimum height of two digits, as a fraction of the tallest part, and the maximum overlap along their line. */
const alike = 0.6;
const overlap = 0.1;
/** How much wider than tall two digits side by side are together: a digit in several strokes is narrower. */
const wide = 1.3;
/**
 * How much taller than wide two digits one above the other are, and the gap between them, as a fraction of their height: a
 * broken 8 is less tall.
 */
const high = 2.2;
const gap = 0.35;

/** Whether two parts of a drawing are side by side or one above the other, like two digits. */
export function areSeveral(parts: Part[]): boolean {
  const bounds = parts.map((part) => part.bounds);
  const highest = Math.max(...bounds.map(heightOf));
  const digits = bounds.filter((part) => heightOf(part) >= alike * highest);
  return digits.some((a) => digits.some((b) => areSideBySide(a, b) || areStacked(a, b)));
}

const heightOf = ({ top, bottom }: Bounds): number => bottom - top;

function areSideBySide(a: Bounds, b: Bounds): boolean {
  const lower = Math.min(heightOf(a), heightOf(b));
  const narrower = Math.min(a.right - a.left, b.right - b.left);
  return (
    a.left < b.left &&
    a.right - b.left <= overlap * narrower &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) >= lower / 2 &&
    b.right - a.left > wide * (Math.max(a.bottom, b.bottom) - Math.min(a.top, b.top))
  );
}

function areStacked(a: Bounds, b: Bounds): boolean {
  const lower = Math.min(heightOf(a), heightOf(b));
  const narrower = Math.min(a.right - a.left, b.right - b.left);
  return (
    b.top - a.bottom >= gap * lower &&
    Math.min(a.right, b.right) - Math.max(a.left, b.left) >= narrower / 2 &&
    b.bottom - a.top > high * (Math.max(a.right, b.right) - Math.min(a.left, b.left))
  );
}
