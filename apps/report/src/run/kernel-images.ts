import type { Image } from './png';

/** The number of kernels to show; if there are more, a selection from the whole order. */
const most = 64;

type Color = readonly [red: number, green: number, blue: number];

/** The colors of the least weight, 0, and the greatest. */
const [negative, zero, positive]: readonly Color[] = [
  [0, 90, 181],
  [245, 245, 245],
  [200, 80, 0],
];

/**
 * The columns of a kernel as square images, sorted by period, each scaled by its largest weight.
 *
 * @param kernel [side², units], row by row.
 * @param periods the period of each unit, 0 for one that has none, if units have periods.
 */
export function kernelImages(
  kernel: Float32Array,
  units: number,
  side: number,
  periods: ArrayLike<number> | undefined,
): { picture: Image; period?: number }[] {
  const periodOf = (unit: number) => periods?.[unit] || undefined;
  const sorted = Array.from({ length: units }, (_, unit) => unit).sort(
    (a, b) => (periodOf(a) ?? 0) - (periodOf(b) ?? 0) || a - b,
  );
  const shown =
    units <= most
      ? sorted
      : Array.from({ length: most }, (_, i) => sorted[Math.round((i * (units - 1)) / (most - 1))]);
  return shown.map((unit) => ({ picture: image(kernel, units, unit, side), period: periodOf(unit) }));
}

function image(kernel: Float32Array, units: number, unit: number, side: number): Image {
  const weights = Array.from({ length: side * side }, (_, i) => kernel[i * units + unit]);
  const largest = weights.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
  const data = Uint8Array.from(weights.flatMap((weight) => colorOf(weight / largest)));
  return { width: side, height: side, channels: 3, data };
}

/** @param strength from −1 to 1. */
const colorOf = (strength: number): number[] => {
  const end = strength < 0 ? negative : positive;
  return zero.map((value, i) => Math.round(value + Math.abs(strength) * (end[i] - value)));
};
