import type { ExampleValues } from 'harmonic-mlp';

/** Images of 8 × 8 pixels with noise, brighter on the left in one class and on the right in the other. */
export function sides(size: number, seed: number): ExampleValues {
  let state = seed;
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const targets = Array.from({ length: size }, (_, i) => i % 2);
  const inputs = targets.map((side) =>
    Array.from({ length: 64 }, (_, pixel) => noise() + (pixel % 8 < 4 === (side === 0) ? 0.5 : 0)),
  );
  return { inputs, targets };
}
