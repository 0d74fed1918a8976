import type { KernelImages } from './protocol';

/** The maximum number of units to show; if there are more, a selection from the whole order. */
const most = 1024;

/**
 * The columns of a kernel as images, sorted by period.
 *
 * @param kernel [inputs, units], row by row.
 * @param periods the period of each unit, if units have periods.
 */
export function kernelImages(
  kernel: Float32Array,
  units: number,
  periods: Float32Array | undefined,
): KernelImages {
  const inputs = kernel.length / units;
  const sorted = Array.from({ length: units }, (_, unit) => ({ unit, period: periods?.[unit] }));
  sorted.sort((a, b) => (a.period ?? 0) - (b.period ?? 0) || a.unit - b.unit);
  const order =
    units <= most
      ? sorted
      : Array.from({ length: most }, (_, i) => sorted[Math.round((i * (units - 1)) / (most - 1))]);
  const weights = new Int8Array(inputs * order.length);
  for (const [place, { unit }] of order.entries()) {
    let largest = 0;
    for (let i = 0; i < inputs; i++) largest = Math.max(largest, Math.abs(kernel[i * units + unit]));
    const scale = largest && 127 / largest;
    for (let i = 0; i < inputs; i++)
      weights[place * inputs + i] = Math.round(scale * kernel[i * units + unit]);
  }
  return { units: order, total: units, weights };
}
