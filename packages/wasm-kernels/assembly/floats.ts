/** The bytes of a number of float32 values. */
// @ts-expect-error: decorator
@inline
export function floats(count: i32): usize {
  return (<usize>count) << 2;
}
