import * as core from '@harmonic-mlp/core';
import { getBackend, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectAllClose, type Tolerance } from '../../../../test/support/allclose';
import { type FixtureTensor, readFixture } from '../../../../test/support/fixtures';
import { expectLikeReference, runWithGradients, type SuiteTolerances, uniform, type Values } from '../check';

interface Fixture {
  elementwise: {
    name: string;
    attributes: Record<string, number>;
    z: FixtureTensor;
    y: FixtureTensor;
    dy: FixtureTensor;
    gradient: FixtureTensor;
  }[];
  withVectors: {
    name: string;
    attributes: Record<string, number>;
    inputs: Record<string, FixtureTensor>;
    y: FixtureTensor;
    dy: FixtureTensor;
    gradients: Record<string, FixtureTensor>;
  }[];
}

const fixture = readFixture<Fixture>('activations');

/** An operation of core by its name, for any inputs. */
const operation = (name: string) =>
  (core as unknown as Record<string, (inputs: object, attributes: object) => Tensor>)[name];

/** The elementwise operations in float64, with attributes and the largest input that float32 resolves well. */
const formulas: Record<string, [(z: number, a: Record<string, number>) => number, object, number]> = {
  sine: [(z, { omega }) => Math.sin(omega * z), { omega: 7 }, 2],
  cosine: [(z, { omega }) => Math.cos(omega * z), { omega: 7 }, 2],
  gauss: [(z, { scale }) => Math.exp(-((scale * z) ** 2)), { scale: 1.5 }, 2],
  wire: [
    (z, { omega, scale }) => Math.cos(omega * z) * Math.exp(-((scale * z) ** 2)),
    { omega: 5, scale: 1.5 },
    1.5,
  ],
  hosc: [
    (z, { sharpness, omega }) => Math.tanh(sharpness * Math.sin(omega * z)),
    { sharpness: 1.5, omega: 3 },
    2,
  ],
  sinc: [(z, { omega }) => (z === 0 ? 1 : Math.sin(omega * z) / (omega * z)), { omega: 3 }, 3],
  hyperbolicSine: [(z) => Math.sin(Math.sinh(2 * z)), {}, 1.5],
  leakyRelu: [(z, { slope }) => (z > 0 ? z : slope * z), { slope: 0.1 }, 2],
  silu: [(z) => z / (1 + Math.exp(-z)), {}, 5],
  tanh: [Math.tanh, {}, 3],
  sigmoid: [(z) => 1 / (1 + Math.exp(-z)), {}, 5],
  exponential: [Math.exp, {}, 3],
};

const isWave = (name: string) => !/leaky|gelu|silu|tanh|sigmoid|gauss|exponential/.test(name);

/** Sums of many terms that cancel: the errors of the terms remain. */
const ofSums = ({ floor = 0, absolute = 0, ...others }: Tolerance): Tolerance => ({
  ...others,
  floor: Math.max(5 * floor, 2e-5),
  absolute: Math.max(absolute, 1e-5),
});

/** Several sines are added, or one is divided by a frequency: so are the errors of a backend's sine. */
const ofSeveral = (tolerance: Tolerance): Tolerance =>
  tolerance.absolute === undefined ? tolerance : { ...tolerance, absolute: 5 * tolerance.absolute };

/** `waves` are the tolerances for results that involve a sine or cosine. */
export function activationSuite(tolerances: SuiteTolerances, waves: SuiteTolerances): void {
  const allowed = (name: string) => (isWave(name) ? waves : tolerances);

  describe('activations', () => {
    it.each(fixture.elementwise)('$name is PyTorch’s', async ({ name, attributes, z, y, dy, gradient }) => {
      const { results, gradients } = await runWithGradients(
        { z },
        (inputs) => operation(name)(inputs, attributes),
        ['z'],
        dy,
      );
      // Float32 rounds arguments of up to 60 radians by up to 4e-6, and slopes are larger by a factor of ω.
      const { results: ofValues, gradients: ofSlopes } = allowed(name);
      expectAllClose(results[0], y, { ...ofValues, absolute: Math.max(ofValues.absolute ?? 0, 8e-6) }, 'y');
      expectAllClose(
        gradients.z,
        gradient,
        { ...ofSlopes, floor: Math.max(ofSlopes.floor ?? 0, 1e-5) },
        'dz',
      );
    });

    it.each(fixture.withVectors)('$name is PyTorch’s', async ({ name, attributes, inputs, ...expected }) => {
      const { results, gradients } = await runWithGradients(
        inputs as Record<string, Values>,
        (tensors) => operation(name)(tensors, attributes),
        Object.keys(inputs),
        expected.dy,
      );
      expectAllClose(results[0], expected.y, ofSeveral(waves.results), 'y');
      for (const [input, gradient] of Object.entries(expected.gradients)) {
        const tolerance = input === 'z' ? waves.gradients : ofSums(waves.gradients);
        expectAllClose(gradients[input], gradient, tolerance, `gradient by ${input}`);
      }
    });

    describe.each(Object.entries(formulas))('%s', (name, [formula, attributes, largest]) => {
      it.each([
        [1, 1],
        [1, 5],
        [3, 4],
        [5, 33],
      ])('maps [%i, %i], and differentiates', async (batch, units) => {
        const z = uniform(31, [batch, units], -largest, largest);
        const reference = ({ z }: Record<'z', Values>) => [
          { shape: z.shape, data: z.data.map((value) => formula(value, attributes as never)) },
        ];
        await expectLikeReference(
          { z },
          (inputs) => operation(name)(inputs, attributes),
          reference,
          ['z'],
          allowed(name),
        );
      });
    });

    it('sinc is 1 with slope 0 at 0, and even', async () => {
      const data = [0, -0, 1e-20, 1e-4, -1e-4, 0.1, -0.1, 0.499, 0.501, -0.501];
      const ones = { shape: [1, data.length], data: data.map(() => 1) };
      const { results, gradients } = await runWithGradients(
        { z: { shape: [1, data.length], data } },
        (inputs) => operation('sinc')(inputs, { omega: 1 }),
        ['z'],
        ones,
      );
      const values = data.map((z) => (z === 0 ? 1 : Math.sin(z) / z));
      expectAllClose(results[0], { shape: ones.shape, data: values }, waves.results);
      const slopes = data.map((z) => (Math.abs(z) < 1e-3 ? -z / 3 : (Math.cos(z) - Math.sin(z) / z) / z));
      expectAllClose(gradients.z, { shape: ones.shape, data: slopes }, waves.gradients);
    });

    it.for(Object.keys(formulas))('%s passes NaN on, to its own element only', async (name, { skip }) => {
      if (getBackend() === 'webgpu' && /gauss|sigmoid|exponential/.test(name))
        skip('WGSL may assume that there is no NaN, and its exp does.');
      const z = { shape: [2, 3], data: [Number.NaN, 0.5, 0.25, 0.5, 0.25, Number.NaN] };
      const { results, gradients } = await runWithGradients(
        { z },
        (inputs) => operation(name)(inputs, formulas[name][1]),
        ['z'],
        { shape: [2, 3], data: [1, 1, 1, 1, 1, 1] },
      );
      const notANumber = [true, false, false, false, false, true];
      expect(results[0].data.map(Number.isNaN)).toEqual(notANumber);
      // Where the input is NaN, the slope of a rectifier is whatever the backend compares it to.
      if (name !== 'leakyRelu') expect(gradients.z.data.map(Number.isNaN)).toEqual(notANumber);
    });
  });
}
