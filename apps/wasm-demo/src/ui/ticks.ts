/** Round numbers in a range, at most six: multiples of 1, 2, or 5 times a power of ten. */
export function ticksOf(bottom: number, top: number): number[] {
  const least = (top - bottom) / 5;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= least)!;
  const first = Math.ceil(bottom / step);
  const count = Math.floor(top / step) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}
