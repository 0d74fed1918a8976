/** The sum of the four values. */
// @ts-expect-error: decorator
@inline
export function sumOfLanes(x: v128): f32 {
  const pairs = f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1);
  return pairs + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}
