/** Beyond these, 2πz/p leaves the range of float32. */
export const periodBounds = { min: 1e-30, max: 1e30 };

/** `units` periods, by their index. */
export const periodsBy = (units: number, period: (i: number) => number): Float32Array =>
  Float32Array.from({ length: units }, (_, i) => period(i));
