// To the bit as in JavaScript: in float64, with the functions of the engine.
import { floats } from './floats';
import { LINE, startOfPart } from './parts';
import { storeWords } from './threefry';

// @ts-expect-error: decorator
@external('env', 'log')
declare function logOfEngine(x: f64): f64;
// @ts-expect-error: decorator
@external('env', 'cos')
declare function cosOfEngine(x: f64): f64;

const WORDS: f64 = 4294967296; // 2³²

/**
 * Draws from a normal distribution of mean 0, by the Box–Muller transform of two words of a random stream each.
 *
 * @param k0, k1 the key
 * @param deviation σ
 * @param y [count], overwritten
 * @param scratch 32 bytes
 */
export function gaussianNoise(
  count: i32,
  k0: i32,
  k1: i32,
  deviation: f64,
  y: usize,
  scratch: usize,
  part: i32,
  parts: i32,
): void {
  const first = startOfPart(count, LINE, part, parts);
  count = startOfPart(count, LINE, part + 1, parts) - first;
  y += floats(first);
  const keys0 = i32x4.splat(k0);
  const keys1 = i32x4.splat(k1);
  const keys2 = i32x4.splat(k0 ^ k1 ^ 0x1bd11bda);
  // Two words a counter, and two words a value.
  let counters = i32x4.add(i32x4.add(i32x4(0, 1, 2, 3), i32x4.splat(first)), keys1);
  for (; count > 0; count -= 4) {
    storeWords(keys0, keys1, keys2, counters, scratch);
    counters = i32x4.add(counters, i32x4.splat(4));
    const end = scratch + (<usize>min(count, 4) << 3);
    for (let at = scratch; at < end; at += 8, y += 4) {
      // In (0, 1], so that the logarithm is finite.
      const radius = sqrt<f64>(-2 * logOfEngine((<f64>load<u32>(at) + 1) / WORDS));
      const angle = (2 * Math.PI * <f64>load<u32>(at, 4)) / WORDS;
      store<f32>(y, <f32>(deviation * radius * cosOfEngine(angle)));
    }
  }
}
