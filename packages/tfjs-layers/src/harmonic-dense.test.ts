import { HarmonicLayer } from '@harmonic-mlp/harmonic-layer';
import * as tf from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  layers,
  model,
  regularizers,
  type Sequential,
  sequential,
} from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { describeOnEachBackend } from '../../../test/support/backends';
import { type FixtureTensor, readFixture, toTensor } from '../../../test/support/fixtures';
import { type HarmonicDenseConfig, harmonicDense } from '.';

interface Fixture {
  cases: ({ name: string; inputs: number } & Required<
    Pick<HarmonicDenseConfig, 'units' | 'baseFreq' | 'maxFreq' | 'residual'>
  > &
    Record<'x' | 'kernel' | 'bias' | 'periods' | 'y' | 'dy', FixtureTensor> & {
      gradients: Record<'x' | 'kernel' | 'bias', FixtureTensor>;
    })[];
}

const x23 = () => tf.tensor2d([0.3, -1.2, 0.7, 2, 0, -0.4], [2, 3]);
const valuesOf = (weights: tf.Tensor[]) => weights.map((weight) => [...weight.dataSync()]);

describeOnEachBackend('harmonicDense', (backend) => {
  it.each(readFixture<Fixture>('harmonic-layer').cases)('is PyTorch’s, with gradients: $name', (fixture) => {
    const { inputs, units, baseFreq, maxFreq, residual, gradients } = fixture;
    const layer = harmonicDense({ units, baseFreq, maxFreq, residual, inputShape: [inputs] });
    const network = sequential({ layers: [layer] });
    tf.tidy(() => {
      layer.setWeights([toTensor(fixture.kernel), toTensor(fixture.bias)]);
      expectAllClose(layer.periods!, fixture.periods.data, { relative: 0 }, 'periods');
      const apply = (x: tf.Tensor) => network.apply(x) as tf.Tensor;
      const x = toTensor(fixture.x);
      expectAllClose(apply(x), fixture.y, {}, 'y');
      const [kernel, bias] = layer.getWeights();
      const [dx, dKernel, dBias] = tf.grads((x) => apply(x))([x, kernel, bias], toTensor(fixture.dy));
      expectAllClose(dx, gradients.x, {}, 'gradient by x');
      expectAllClose(dKernel, gradients.kernel, {}, 'gradient by kernel');
      expectAllClose(dBias, gradients.bias, {}, 'gradient by bias');
    });
    network.dispose();
  });

  it.each<Partial<HarmonicDenseConfig>>([
    {},
    { baseFreq: 0.5, maxFreq: 1.25, residual: 0 },
    { useBias: false, seed: [7, 8] },
  ])('is HarmonicLayer, initial weights and all, to the bit: %j', (options) => {
    const settings = { units: 5, seed: 3, ...options };
    const layer = harmonicDense({ ...settings, inputShape: [3] });
    const network = sequential({ layers: [layer] });
    const reference = new HarmonicLayer({ ...settings, inputSize: 3 } as never);
    tf.tidy(() => {
      const x = x23();
      expect(valuesOf(layer.getWeights())).toEqual(valuesOf(Object.values(reference.weights)));
      expect((network.predict(x) as tf.Tensor).dataSync()).toEqual(
        reference.apply(x as tf.Tensor2D).dataSync(),
      );
      expect(layer.periods).toEqual(reference.periods);
    });
    network.dispose();
    reference.dispose();
  });

  it('draws other weights for each layer without a seed', () => {
    const make = () => sequential({ layers: [harmonicDense({ units: 4, inputShape: [3] })] });
    const [first, second] = [make(), make()];
    expect(valuesOf(first.getWeights())).not.toEqual(valuesOf(second.getWeights()));
    for (const each of [first, second]) each.dispose();
  });

  it('contracts the last axis of inputs of higher rank, with gradients', () => {
    const layer = harmonicDense({ units: 4, seed: 1, inputShape: [2, 5, 3] });
    const network = sequential({ layers: [layer] });
    expect(network.outputShape).toEqual([null, 2, 5, 4]);
    tf.tidy(() => {
      const x = tf.tensor(
        Float32Array.from({ length: 90 }, (_, i) => Math.sin(i)),
        [3, 2, 5, 3],
      );
      const dy = tf.tensor(
        Float32Array.from({ length: 120 }, (_, i) => Math.cos(i)),
        [3, 2, 5, 4],
      );
      const flat = harmonicDense({ units: 4, seed: 1, inputShape: [3] });
      const flatNetwork = sequential({ layers: [flat] });
      const y = network.apply(x) as tf.Tensor;
      expect(y.shape).toEqual([3, 2, 5, 4]);
      expect(y.dataSync()).toEqual((flatNetwork.apply(tf.reshape(x, [30, 3])) as tf.Tensor).dataSync());

      const gradients = tf.grads((x) => network.apply(x) as tf.Tensor)([x, ...layer.getWeights()], dy);
      const flatGradients = tf.grads((x) => flatNetwork.apply(x) as tf.Tensor)(
        [tf.reshape(x, [30, 3]), ...flat.getWeights()],
        tf.reshape(dy, [30, 4]),
      );
      expect(gradients[0].shape).toEqual(x.shape);
      for (const [i, gradient] of gradients.entries()) {
        expect(gradient.dataSync()).toEqual(flatGradients[i].dataSync());
      }
      flatNetwork.dispose();
    });
    network.dispose();
  });

  it('is used in the functional API, shared and with inputs of integers', () => {
    const shared = harmonicDense({ units: 4, seed: 1, name: 'waves' });
    const [a, b] = [input({ shape: [3] }), input({ shape: [3], dtype: 'int32' })];
    const outputs = layers.add().apply([shared.apply(a), shared.apply(b)] as never) as never;
    const network = model({ inputs: [a, b], outputs });
    expect(network.weights.map(({ originalName }) => originalName)).toEqual(['waves/kernel', 'waves/bias']);
    tf.tidy(() => {
      const x = x23();
      const whole = tf.tensor2d([1, 2, 3, -1, 0, 4], [2, 3], 'int32');
      const y = network.predict([x, whole]) as tf.Tensor;
      const terms = [x, tf.cast(whole, 'float32')].map((each) => shared.apply(each) as tf.Tensor);
      expectAllClose(y, tf.add(terms[0], terms[1]));
    });
    network.dispose();
    shared.dispose(); // tfjs-layers counts a layer's uses, and a model disposes each layer once.
  });

  it('runs the operations for which a backend may have kernels of its own, on floats', () => {
    const network = sequential({ layers: [harmonicDense({ units: 4, inputShape: [3] })] });
    tf.tidy(() => {
      network.apply(x23()); // Where a backend has no kernels of its own, the first call registers some.
      const seen: string[] = [];
      const kernels = ['HarmonicMLP.Dense', 'HarmonicMLP.Harmonic'].map(
        (kernelName) => tf.getKernel(kernelName, backend) as tf.KernelConfig,
      );
      for (const kernel of kernels) {
        tf.unregisterKernel(kernel.kernelName, backend);
        tf.registerKernel({
          ...kernel,
          kernelFunc: (call) => {
            seen.push(`${kernel.kernelName} of ${call.inputs.x?.dtype ?? call.inputs.z?.dtype}`);
            return kernel.kernelFunc(call);
          },
        });
      }
      network.layers[0].apply(tf.ones([2, 3], 'int32')); // The model itself would make floats of them.
      for (const kernel of kernels) {
        tf.unregisterKernel(kernel.kernelName, backend);
        tf.registerKernel(kernel);
      }
      expect(seen).toEqual(['HarmonicMLP.Dense of float32', 'HarmonicMLP.Harmonic of float32']);
    });
    network.dispose();
  });

  it('takes initializers and regularizers', () => {
    const layer = harmonicDense({
      units: 2,
      inputShape: [3],
      kernelInitializer: initializers.constant({ value: 0.5 }),
      biasInitializer: initializers.ones(),
      kernelRegularizer: regularizers.l2({ l2: 0.1 }),
      biasRegularizer: regularizers.l1({ l1: 1 }),
    });
    const network = sequential({ layers: [layer] });
    expect(valuesOf(layer.getWeights())).toEqual([Array(6).fill(0.5), [1, 1]]);
    tf.tidy(() => {
      const [kernel, bias] = layer.calculateLosses().map((loss) => loss.dataSync()[0]);
      expect(kernel).toBeCloseTo(0.1 * 6 * 0.25, 6);
      expect(bias).toBeCloseTo(2, 6);
    });
    network.dispose();
  });

  it('takes inputDim for the width of a first layer', () => {
    for (const options of [
      { inputDim: 3 },
      { inputDim: 3, inputShape: [3] },
      { inputDim: 3, batchSize: 2 },
    ]) {
      const layer = harmonicDense({ units: 4, seed: 1, ...options });
      const network = sequential({ layers: [layer] });
      const batch = 'batchSize' in options ? 2 : null;
      expect(network.inputs[0].shape).toEqual([batch, 3]);
      expect(layer.getConfig()).toMatchObject({ batchInputShape: [batch, 3] });
      expect(layer.getConfig()).not.toHaveProperty('inputDim');
      tf.tidy(() => {
        const again = sequential({ layers: [harmonicDense({ units: 4, seed: 1, inputShape: [3] })] });
        const [expected, actual] = [again, network].map((each) => each.predict(x23()) as tf.Tensor);
        expect(actual.dataSync()).toEqual(expected.dataSync());
        again.dispose();
      });
      network.dispose();
    }
  });

  it('takes what every layer takes: weights, a type, a name, and whether it is trained', () => {
    const weights = [tf.ones([3, 2]), tf.zeros([2])];
    const layer = harmonicDense({
      units: 2,
      weights,
      dtype: 'int32',
      name: 'waves',
      trainable: false,
      batchInputShape: [2, 3],
    });
    const network = sequential({ layers: [layer] });
    expect(valuesOf(layer.getWeights())).toEqual([Array(6).fill(1), [0, 0]]);
    expect([network.inputs[0].dtype, network.inputs[0].shape]).toEqual(['int32', [2, 3]]);
    expect([layer.name, layer.trainableWeights.length, layer.nonTrainableWeights.length]).toEqual([
      'waves',
      0,
      2,
    ]);
    network.dispose();
    tf.dispose(weights);
  });

  it('passes a mask on', () => {
    tf.tidy(() => {
      const mask = tf.tensor2d([1, 0, 1], [1, 3], 'bool');
      expect(harmonicDense({ units: 2 }).computeMask(tf.zeros([1, 3, 2]), mask)).toBe(mask);
    });
  });

  it('keeps nothing when it is called, and frees all with the model', () => {
    const before = tf.memory();
    let network!: Sequential;
    tf.tidy(() => {
      network = sequential({
        layers: [harmonicDense({ units: 4, inputShape: [3] }), harmonicDense({ units: 2 })],
      });
    });
    const x = x23();
    const { numTensors } = tf.memory();
    tf.dispose(network.predict(x));
    tf.dispose(network.layers[0].apply(x) as tf.Tensor);
    expect(tf.memory().numTensors).toBe(numTensors);
    x.dispose();
    expect(network.dispose()).toMatchObject({ refCountAfterDispose: 0, numDisposedVariables: 4 });
    const { numTensors: tensors, numDataBuffers, numBytes } = before;
    expect(tf.memory()).toMatchObject({ numTensors: tensors, numDataBuffers, numBytes });
  });

  it('refuses an input whose width is not the kernel’s', () => {
    const network = sequential({ layers: [harmonicDense({ units: 4, inputShape: [3], name: 'waves' })] });
    const x = tf.zeros([2, 4]);
    expect(() => network.layers[0].apply(x)).toThrow(/layer waves: expected axis -1 .* value 3/);
    x.dispose();
    network.dispose();
  });
});

describe('the configuration', () => {
  it('is complete, and plain JSON', () => {
    const layer = harmonicDense({
      units: 4,
      seed: [1, 2],
      name: 'waves',
      inputShape: [3],
      kernelInitializer: initializers.constant({ value: 0.5 }),
      kernelRegularizer: regularizers.l2({ l2: 0.25 }),
    });
    const config = {
      name: 'waves',
      trainable: true,
      batchInputShape: [null, 3],
      dtype: 'float32',
      units: 4,
      activation: 'harmonic',
      residual: 0.1,
      periods: 'capped:1,10',
      isFirst: false,
      useBias: true,
      seed: [1, 2],
      kernelInitializer: { className: 'Constant', config: { value: 0.5 } },
      kernelRegularizer: { className: 'L1L2', config: { l1: 0, l2: 0.25 } },
    };
    expect(JSON.parse(JSON.stringify(layer.getConfig()))).toEqual(config);
    expect(harmonicDense(config as unknown as HarmonicDenseConfig).getConfig()).toEqual(layer.getConfig());
    expect(layer.getClassName()).toBe('HarmonicDense');
  });

  it('has the seed that was used, and nothing that was not given', () => {
    const config = harmonicDense({ units: 4 }).getConfig();
    expect(config.seed).toEqual(expect.any(Number));
    expect(Object.keys(config).sort()).toEqual([
      'activation',
      'isFirst',
      'name',
      'periods',
      'residual',
      'seed',
      'trainable',
      'units',
      'useBias',
    ]);
  });

  it.each<[string, unknown, object?]>([
    ['units', 0],
    ['units', undefined],
    ['baseFreq', -1],
    ['maxFreq', '5'],
    ['residual', Number.NaN],
    ['kernelConstraint', {}],
    ['biasConstraint', 'nonNeg'],
    ['activityRegularizer', {}],
    ['basefreq', 2],
    ['toString', 1],
    ['wavelength', 5],
    ['inputDim', 0],
    ['inputDim', 3, { inputShape: [4] }],
    ['inputDim', 3, { batchInputShape: [1, 2] }],
    ['useBias', 'false'],
    ['seed', 1.5],
    ['kernelInitializer', 'ones'],
    ['biasRegularizer.className', 'L3', { biasRegularizer: { className: 'L3', config: {} } }],
    ['kernelRegularizer.config', undefined, { kernelRegularizer: { className: 'L1L2' } }],
  ])('refuses %s %j', (argument, value, others = {}) => {
    const options = argument.includes('.') ? others : { ...others, [argument]: value };
    expect(() => harmonicDense({ units: 4, ...options })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
    );
  });

  it.each<[object, string]>([
    [{ units: 0 }, 'units is 0; it must be an integer at least 1.'],
    [
      { biasConstraint: 'nonNeg' },
      'harmonicDense does not support biasConstraint: tfjs-layers applies constraints only when weights are set, never in training. Leave it out, or use kernelRegularizer and biasRegularizer, which apply in training.',
    ],
    [
      { activityRegularizer: {} },
      'harmonicDense does not support activityRegularizer: tfjs-layers does not run a layer that has one. Leave it out, or use kernelRegularizer and biasRegularizer.',
    ],
    [
      { kernelRegulariser: {} },
      'harmonicDense has no option "kernelRegulariser". Did you mean kernelRegularizer?',
    ],
    [{ max_freq: 2 }, 'Did you mean maxFreq?'],
    [{ unist: 5 }, 'Did you mean units?'],
    [{ input_shape: [3] }, 'Did you mean inputShape?'],
    [
      { wavelength: 5 },
      'harmonicDense has no option "wavelength". It takes units, activation, periods, baseFreq,',
    ],
    [
      { inputDim: 3, inputShape: [4] },
      'inputDim is 3; it must be 4, the last axis of inputShape. Specify only one of them.',
    ],
    [
      { kernelInitializer: 'ones' },
      'kernelInitializer is "ones"; it must be a tfjs object, or the className and config of a registered class.',
    ],
    [
      { biasRegularizer: { className: 'L3', config: {} } },
      'biasRegularizer.className is "L3"; it must be the name of a registered class. Register your own class with tf.serialization.registerClass.',
    ],
  ])('says what %j lacks', (options, message) => {
    expect(() => harmonicDense({ units: 4, ...options })).toThrow(message);
  });

  it.each([5, null, [4], 'waves'])('is refused as %j', (config) => {
    expect(() => harmonicDense(config as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'config', value: config }),
    );
  });

  it('may name options without asking for anything by them', () => {
    const nothing = {
      activation: null,
      periods: null,
      residual: null,
      useBias: null,
      seed: undefined,
      kernelConstraint: undefined,
      inputDim: undefined,
      misspelled: undefined,
    };
    const config = harmonicDense({ units: 4, name: 'waves', ...(nothing as object), seed: 1 }).getConfig();
    expect(config).toEqual(harmonicDense({ units: 4, seed: 1, name: 'waves' }).getConfig());
  });

  it('refuses an input of unknown width', () => {
    const layer = harmonicDense({ units: 4, name: 'waves' });
    expect(() => layer.apply(input({ shape: [5, null] }))).toThrow(
      expect.objectContaining({
        code: 'INVALID_SHAPE',
        argument: 'inputShape',
        value: [null, 5, null],
        message:
          'The input of layer "waves" has shape [null,5,null]; its last axis must be known, because it determines the shape of the kernel.',
      }),
    );
  });
});
