// These let one function body process both whole vectors and the single values left over.

/** Four values, or one in all lanes. */
// @ts-expect-error: decorator
@inline
export function loadLanes(whole: bool, from: usize): v128 {
  return whole ? v128.load(from) : v128.load32_splat(from);
}

/** Stores all lanes, or the first. */
// @ts-expect-error: decorator
@inline
export function storeLanes(whole: bool, to: usize, values: v128): void {
  if (whole) v128.store(to, values);
  else v128.store32_lane(to, values, 0);
}
