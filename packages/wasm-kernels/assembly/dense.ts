// The products of a dense layer with its inputs, which may be mostly background.
import {
  BACKGROUND_MAX_DEPTH,
  background,
  backgroundProduct,
  backgroundTransposedProduct,
  countForeground,
  foregroundMagnitude,
} from './background-product';
import { product } from './product';

/** At this fraction of foreground values and above, the plain product is faster, as measured by `pnpm bench`. */
const MAX_FOREGROUND: f64 = 0.4;
/** The largest constant, relative to the mean magnitude of the foreground, that costs at most two bits of precision. */
const MAX_MAGNITUDE: f64 = 4;

/**
 * z = x·W + bias.
 *
 * @param x [batch, inputs]
 * @param kernel W, [inputs, units]
 * @param bias [units], or 0 for none
 * @param z [batch, units], overwritten
 */
export function dense(
  batch: i32,
  units: i32,
  inputs: i32,
  x: usize,
  kernel: usize,
  bias: usize,
  z: usize,
  scratch: usize,
  scratchBytes: usize,
  part: i32,
  parts: i32,
): void {
  const constant = constantOf(batch, units, inputs, x);
  if (constant == constant) backgroundProduct(batch, units, inputs, x, constant, kernel, bias, z, scratch, scratchBytes, part, parts);
  else product(batch, units, inputs, x, false, kernel, false, bias, z, scratch, part, parts);
}

/**
 * dW = xᵀ·dz.
 *
 * @param x [batch, inputs]
 * @param dz [batch, units]
 * @param gradient dW, [inputs, units], overwritten
 */
export function denseKernelGradient(
  batch: i32,
  units: i32,
  inputs: i32,
  x: usize,
  dz: usize,
  gradient: usize,
  scratch: usize,
  scratchBytes: usize,
  part: i32,
  parts: i32,
): void {
  const constant = constantOf(batch, units, inputs, x);
  if (constant == constant) backgroundTransposedProduct(batch, units, inputs, x, constant, dz, gradient, scratch, scratchBytes, part, parts);
  else product(inputs, units, batch, x, true, dz, false, 0, gradient, scratch, part, parts);
}

/**
 * The constant c that most values of x equal, if that makes its product faster, or NaN: images are mostly background, and
 * `x·W = c·Σw + (x − c)·W` needs only the rows of W at the other pixels.
 */
function constantOf(batch: i32, units: i32, inputs: i32, x: usize): f32 {
  if (batch < 4 || units < 32 || inputs < 64 || inputs > BACKGROUND_MAX_DEPTH) return f32.NaN;
  const count = batch * inputs;
  const constant = background(count, x);
  if (!(abs(constant) < Infinity)) return f32.NaN;
  const foreground = countForeground(count, x, constant);
  if (<f64>foreground >= MAX_FOREGROUND * <f64>count) return f32.NaN;
  if (constant == 0 || foreground == 0) return constant;
  // With a large constant, such as -999 for a missing value, x − c would lose the digits of x.
  const magnitude = <f64>foregroundMagnitude(count, x, constant) / <f64>foreground;
  return <f64>abs(constant) > MAX_MAGNITUDE * magnitude ? f32.NaN : constant;
}
