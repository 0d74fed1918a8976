import {
  type DropoutMaskAttributes,
  dropoutMask,
  gaussianNoise,
  keepThreshold,
  type RandomKey,
} from '@harmonic-mlp/core';
import { float, output, sizeOf } from '../lowering';
import { groupsFor, perElement } from '../shader';
import { kernelOf } from './operation-kernel';

/** Threefry-2x32 with 20 rounds, as in `@harmonic-mlp/core`: the same words on every device. */
export const threefry = /* @__PURE__ */ (() => {
  const rotations = [
    [13, 15, 26, 6],
    [17, 29, 16, 24],
  ];
  const groups = [0, 1, 2, 3, 4].map((group) => {
    const rounds = rotations[group % 2].map(
      (bits) => `a += b; b = ((b << ${bits}u) | (b >> ${32 - bits}u)) ^ a;`,
    );
    return `${rounds.join('\n  ')}
  a += k[${(group + 1) % 3}]; b += k[${(group + 2) % 3}] + ${group + 1}u;`;
  });
  return `
fn threefry(key: vec2u, counter: u32) -> vec2u {
  let k = array<u32, 3>(key.x, key.y, key.x ^ key.y ^ 0x1bd11bdau);
  var a = k[0];
  var b = counter + k[1];
  ${groups.join('\n  ')}
  return vec2u(a, b);
}`;
})();

/** Each invocation has two elements, as a key and a counter make two words. */
const pairs = { count: 'u32', size: 'u32', key0: 'u32', key1: 'u32' } as const;

const maskShader = /* @__PURE__ */ perElement({
  name: 'DropoutMask',
  reads: [],
  writes: ['y'],
  parameters: { ...pairs, largest: 'u32', scale: 'f32' },
  declarations: threefry,
  body: `let words = threefry(vec2u(params.key0, params.key1), i);
  y[2u * i] = select(0.0, params.scale, words.x <= params.largest);
  if (2u * i + 1u < params.size) { y[2u * i + 1u] = select(0.0, params.scale, words.y <= params.largest); }`,
});

/** The steps of `fillNormal` of `@harmonic-mlp/core`, but for the rounding of divisions and roots, which WGSL leaves to the device. */
const noiseShader = /* @__PURE__ */ perElement({
  name: 'GaussianNoise',
  reads: [],
  writes: ['y'],
  parameters: { ...pairs, deviation: 'f32' },
  declarations: `${threefry}
// WGSL lets quotients and roots be off by several units in the last place: a step of Newton's method makes them right.
fn quotient(a: f32, b: f32) -> f32 {
  let q = a / b;
  return q + fma(-q, b, a) / b;
}
fn root(x: f32) -> f32 {
  let r = sqrt(x);
  return select(r - fma(r, r, -x) / (2.0 * r), 0.0, x <= 0.0);
}
// Devices round integers to floats as they like, but not sums of two floats.
fn rounded(high: i32, low: u32) -> f32 { return f32(high) * 65536.0f + f32(low); }
fn radiusOf(word: u32) -> f32 {
  let u = bitcast<u32>((rounded(i32(word >> 16u), word & 0xffffu) + 0.5f) * 2.3283064365386963e-10f);
  let exponent = i32(u - 0x3f3504f3u) >> 23u;
  let m = bitcast<f32>(u - (u32(exponent) << 23u));
  let s = quotient(m - 1.0, m + 1.0);
  let q = s * s;
  let series = s * (((0.2857142857142857f * q + 0.4f) * q + 0.6666666666666666f) * q + 2.0);
  return root(-2.0 * (f32(exponent) * 0.6931471805599453f + series));
}
fn waveOf(part: u32) -> vec2f {
  let turn = part + 0x20000000u;
  let quarter = turn >> 30u;
  let offset = i32(turn & 0x3fffffffu) - 0x20000000;
  let angle = rounded(offset >> 16u, u32(offset) & 0xffffu) * 1.4629180792671596e-9f;
  let q = angle * angle;
  let even = (((2.48015873015873e-5f * q - 0.001388888888888889f) * q + 0.041666666666666664f) * q - 0.5f) * q + 1.0;
  let odd = angle * (((-1.984126984126984e-4f * q + 0.008333333333333333f) * q - 0.16666666666666666f) * q + 1.0);
  let isOdd = (quarter & 1u) == 1u;
  let signs = vec2f(1.0) - vec2f(f32((quarter + 1u) & 2u), f32(quarter & 2u));
  return select(vec2f(even, odd), vec2f(odd, even), isOdd) * signs;
}`,
  body: `let words = threefry(vec2u(params.key0, params.key1), i);
  let values = (params.deviation * radiusOf(words.x)) * waveOf(words.y);
  y[2u * i] = values.x;
  if (2u * i + 1u < params.size) { y[2u * i + 1u] = values.y; }`,
});

/** The parameters of a mask. */
export function maskParameters({ rate, key }: Pick<DropoutMaskAttributes, 'rate' | 'key'>) {
  const threshold = keepThreshold(rate);
  return {
    ...keyOf(key),
    // The largest word that is kept; the threshold itself may be 2³², which is not a 32-bit word.
    largest: Math.max(0, threshold - 1),
    // At a rate so close to 1 that no word is below the threshold, no word is kept.
    scale: threshold > 0 ? 1 / (1 - rate) : 0,
  };
}

const keyOf = ([key0, key1]: RandomKey) => ({ key0: key0 >>> 0, key1: key1 >>> 0 });

/** Random numbers. */
export const randomKernels = [
  kernelOf(
    dropoutMask,
    ({ attributes }) => {
      const { shape } = attributes;
      const size = sizeOf({ shape });
      const count = Math.ceil(size / 2);
      return {
        outputs: [float(shape)],
        dispatches: [
          {
            shader: maskShader,
            buffers: [output(0)],
            parameters: { count, size, ...maskParameters(attributes) },
            groups: groupsFor(count),
          },
        ],
      };
    },
    maskParameters,
  ),
  kernelOf(
    gaussianNoise,
    ({ attributes: { shape, deviation, key } }) => {
      const size = sizeOf({ shape });
      const count = Math.ceil(size / 2);
      return {
        outputs: [float(shape)],
        dispatches: [
          {
            shader: noiseShader,
            buffers: [output(0)],
            parameters: { count, size, ...keyOf(key), deviation },
            groups: groupsFor(count),
          },
        ],
      };
    },
    ({ key }) => keyOf(key),
  ),
];
