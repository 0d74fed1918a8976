import type { KernelImages } from './protocol';

/** As many units are shown; of more, some from all along the order. */
const most = 1024;

/**
 * The columns of a kernel as images, sorted by period.
 *
 * @param kernel [inputs, units], row by row.
 * @param periods of each unit, where they have one.
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
