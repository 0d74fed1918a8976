// How the work of a kernel is divided among threads. The values that a part computes are the same for any number of parts.

/** Vectors of different parts are not in one cache line. */
export const LINE = 16;

/** Where a part of `count` things begins, and the one before ends: at a multiple of `unit`, or at the end. */
export function startOfPart(count: i32, unit: i32, part: i32, parts: i32): i32 {
  const units = (count + unit - 1) / unit;
  return min(count, <i32>((<i64>units * part) / parts) * unit);
}
