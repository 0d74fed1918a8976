import type { Bounds } from '@harmonic-mlp/core';

/** The bounds of all numbers that at least one of some bounds allows, if there is no gap between these. */
export function widest(all: readonly Bounds[]): Bounds {
  const lower = ({ min, above = -Infinity }: Bounds) => min ?? above;
  const upper = ({ max, below = Infinity }: Bounds) => max ?? below;
  const includesLower = ({ min }: Bounds) => min !== undefined;
  const includesUpper = ({ max }: Bounds) => max !== undefined;
  const { min, above } = all.reduce((a, b) =>
    lower(b) < lower(a) || (lower(b) === lower(a) && includesLower(b)) ? b : a,
  );
  const { max, below } = all.reduce((a, b) =>
    upper(b) > upper(a) || (upper(b) === upper(a) && includesUpper(b)) ? b : a,
  );
  return { min, above, max, below, integer: all.every(({ integer }) => integer) || undefined };
}
