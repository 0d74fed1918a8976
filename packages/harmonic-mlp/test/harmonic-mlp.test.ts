import { HarmonicError } from '@harmonic-mlp/core';
import { memory, setBackend, softmax, type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { describeOnEachBackend } from '../../../test/support/backends';
import { HarmonicMLP, type HarmonicMLPOptions, inspectModelFile, readCheckpoint } from '../src';
import { replaceText } from './replace-text';

const small = { inputSize: 6, classes: 3, hidden: [5, 4] };
const someInputs = () =>
  tensor2d(
    Array.from({ length: 24 }, (_, i) => Math.sin(i)),
    [4, 6],
  );
const bytesOf = (model: HarmonicMLP) =>
  Object.fromEntries(Object.entries(model.variables).map(([path, value]) => [path, value.dataSync()]));

describeOnEachBackend('HarmonicMLP', () => {
  it('has the published defaults', () => {
    const model = new HarmonicMLP();
    expect(model.config).toEqual({
      inputSize: 784,
      classes: 10,
      hidden: [512, 256],
      activation: 'harmonic',
      baseFreq: [1, 1],
      maxFreq: [5, 3],
      residual: 0.1,
      dropout: 0.2,
      seed: 0,
    });
    // (784 + 1)·512 + 2·512 + (512 + 1)·256 + 2·256 + (256 + 1)·10
    expect(model.parameterCount).toBe(537_354);
    expect(model.harmonicLayers.map(({ periods }) => [periods[0], periods[1], Math.max(...periods)])).toEqual(
      [
        [1, 2, 5],
        [1, 2, 3],
      ],
    );
    model.dispose();
  });

  it('names its variables by their path', () => {
    const model = new HarmonicMLP(small);
    expect(Object.entries(model.variables).map(([path, { shape }]) => `${path} ${shape.join('×')}`)).toEqual([
      'hidden.0/kernel 6×5',
      'hidden.0/bias 5',
      'hidden.0/norm/gamma 5',
      'hidden.0/norm/beta 5',
      'hidden.0/norm/running_mean 5',
      'hidden.0/norm/running_variance 5',
      'hidden.1/kernel 5×4',
      'hidden.1/bias 4',
      'hidden.1/norm/gamma 4',
      'hidden.1/norm/beta 4',
      'hidden.1/norm/running_mean 4',
      'hidden.1/norm/running_variance 4',
      'output/kernel 4×3',
      'output/bias 3',
    ]);
    expect(Object.keys(model.parameters)).toEqual(
      Object.keys(model.variables).filter((path) => !path.includes('running')),
    );
    model.dispose();
  });

  it('starts from weights that the seed decides, each layer from its own', () => {
    const [a, b, c] = [1, 1, 2].map((seed) => new HarmonicMLP({ ...small, hidden: [6, 6], seed }));
    expect(bytesOf(a)).toEqual(bytesOf(b));
    expect(bytesOf(a)['hidden.0/kernel']).not.toEqual(bytesOf(c)['hidden.0/kernel']);
    expect(bytesOf(a)['hidden.0/kernel']).not.toEqual(bytesOf(a)['hidden.1/kernel']);
    for (const model of [a, b, c]) model.dispose();
  });

  it('draws the output layer from U(−1/√I, 1/√I)', () => {
    const model = new HarmonicMLP({ inputSize: 256, classes: 200, hidden: [] });
    const kernel = model.output.kernel.dataSync<'float32'>();
    const largest = kernel.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    expect(largest).toBeLessThanOrEqual(1 / 16);
    expect(largest).toBeGreaterThan(0.99 / 16);
    model.dispose();
  });

  it.each(['harmonic', 'relu', 'linear'] as const)('computes %s layers as the formulas say', (activation) => {
    const model = new HarmonicMLP({ ...small, activation, hidden: [5], maxFreq: 3, seed: 3 });
    const values = bytesOf(model);
    const inputs = someInputs();
    // By hand, in float64; fresh running statistics are mean 0 and variance 1.
    const x = inputs.arraySync();
    const expected = x.flatMap((row) => {
      const hidden = Array.from({ length: 5 }, (_, unit) => {
        const z = row.reduce(
          (sum, value, i) => sum + value * values['hidden.0/kernel'][i * 5 + unit],
          values['hidden.0/bias'][unit],
        );
        const period = Math.min(unit + 1, 3);
        const y = {
          harmonic: Math.sin((2 * Math.PI * z) / period) + 0.1 * z,
          relu: Math.max(0, z),
          linear: z,
        };
        return y[activation] / Math.sqrt(1 + 1e-5);
      });
      return Array.from({ length: 3 }, (_, unit) =>
        hidden.reduce(
          (sum, value, i) => sum + value * values['output/kernel'][i * 3 + unit],
          values['output/bias'][unit],
        ),
      );
    });
    const logits = model.logits(inputs);
    expectAllClose(logits, { shape: [4, 3], data: expected });
    logits.dispose();
    inputs.dispose();
    model.dispose();
  });

  it('predicts probabilities, the softmax of the logits, and leaks nothing', () => {
    const model = new HarmonicMLP(small);
    const inputs = someInputs();
    const before = memory().numTensors;
    const probabilities = model.predict(inputs);
    expect(memory().numTensors).toBe(before + 1);
    const expected = tidy(() => softmax(model.logits(inputs)));
    expectAllClose(probabilities, expected, { relative: 0 });
    for (const value of [probabilities, expected, inputs]) value.dispose();
    model.dispose();
  });

  it('refuses inputs of another width', () => {
    const model = new HarmonicMLP(small);
    const inputs = tensor2d([[1, 2, 3]]);
    for (const use of [() => model.predict(inputs), () => model.trainingLogits(inputs, [0, 0])]) {
      expect(use).toThrow('The input has shape [1,3], but this model takes [batch, 6].');
    }
    inputs.dispose();
    model.dispose();
  });

  it('takes inputs that are integers', () => {
    const model = new HarmonicMLP(small);
    tidy(() => {
      const row = [0, 1, 2, 0, 255, 2];
      const expected = model.predict(tensor2d([row])).dataSync();
      expect(model.predict(tensor2d([row], [1, 6], 'int32')).dataSync()).toEqual(expected);
    });
    model.dispose();
  });

  it('refuses to train on a batch of one example', () => {
    const model = new HarmonicMLP(small);
    const inputs = tensor2d([[1, 2, 3, 4, 5, 6]]);
    expect(() => tidy(() => model.trainingLogits(inputs, [0, 0]))).toThrow(
      /variance of a single example is undefined/,
    );
    inputs.dispose();
    model.dispose();
  });

  it('comes back from its bytes with the same configuration and predictions, to the bit', async () => {
    const model = new HarmonicMLP({ ...small, baseFreq: [1, 0.5], dropout: 0, seed: 7 });
    const inputs = someInputs();
    model.trainingLogits(inputs, [0, 0]).dispose();
    const bytes = await model.toBytes({ note: 'kept', config: 'not overwritten' });
    const again = HarmonicMLP.fromBytes(bytes);
    expect(again.config).toEqual(model.config);
    expect(bytesOf(again)).toEqual(bytesOf(model));
    expect(predictionOf(again, inputs)).toEqual(predictionOf(model, inputs));
    expect(inspectModelFile(bytes)).toMatchObject({
      config: model.config,
      history: [],
      isCheckpoint: false,
      metadata: { format: 'harmonic-mlp', version: '3', note: 'kept' },
    });
    for (const disposable of [model, again, inputs]) disposable.dispose();
  });

  it('leaves no tensor behind when a file does not fit', async () => {
    const model = new HarmonicMLP(small);
    const bytes = await model.toBytes();
    model.dispose();
    const before = memory().numTensors;
    const wrong = replaceText(bytes, String.raw`\"hidden\":[5,4]`, String.raw`\"hidden\":[5,5]`);
    expect(() => HarmonicMLP.fromBytes(wrong)).toThrow(
      /"hidden.1\/kernel" has shape \[5,4\]; its configuration says \[5,5\]/,
    );
    const decoded = readCheckpoint(bytes);
    const { 'output/bias': _, ...tensors } = decoded.tensors;
    expect(() => HarmonicMLP.fromBytes({ ...decoded, tensors })).toThrow(
      expect.objectContaining({ code: 'INVALID_DATA' }),
    );
    expect(memory().numTensors).toBe(before);
  });

  it('summarises its layers', () => {
    const model = new HarmonicMLP();
    expect(`\n${model.summary()}\n`).toBe(`
layer                                    output  parameters
input                                       784           0
harmonic (periods 1 to 5, residual 0.1)     512     401,920
batch norm, dropout 0.2                     512       1,024
harmonic (periods 1 to 3, residual 0.1)     256     131,328
batch norm, dropout 0.2                     256         512
linear                                       10       2,570
total                                               537,354
`);
    expect(`\n${model.summary({ width: 46 })}\n`).toBe(`
layer                       output  parameters
input                          784           0
harmonic (periods 1 to 5,
  residual 0.1)                512     401,920
batch norm, dropout 0.2        512       1,024
harmonic (periods 1 to 3,
  residual 0.1)                256     131,328
batch norm, dropout 0.2        256         512
linear                          10       2,570
total                                  537,354
`);
    model.dispose();
  });
});

describe('HarmonicMLP', () => {
  it('starts from the same weights on every backend', async () => {
    const weights = [];
    for (const backend of ['cpu', 'wasm']) {
      await setBackend(backend);
      const model = new HarmonicMLP({ hidden: [64, 32], seed: 11 });
      weights.push(bytesOf(model));
      model.dispose();
    }
    expect(weights[0]).toEqual(weights[1]);
  });

  it.each<[HarmonicMLPOptions, RegExp]>([
    [{ hidden: [512, 0] }, /hidden\[1\] is 0; it must be an integer at least 1/],
    [{ hidden: [1.5] }, /hidden\[0\] is 1.5; it must be an integer/],
    [{ hidden: 512 as never }, /hidden is 512; it must be a list/],
    [{ inputSize: -1 }, /inputSize is -1/],
    [{ classes: 1 }, /classes is 1; it must be an integer at least 2/],
    [{ activation: 'sine' as never }, /activation is "sine"; it must be one of "harmonic", /],
    [{ baseFreq: 0 }, /baseFreq is 0; it must be a finite number at least 1e-30/],
    [{ maxFreq: [1, 2, 3] }, /maxFreq has 3 values for 2 hidden layers/],
    [{ dropout: 1 }, /dropout is 1; it must be a finite number at least 0 and less than 1/],
    [{ residual: Number.NaN }, /residual is NaN/],
    [{ seed: -1 }, /seed is -1/],
    [{ maxFreq: {} as never }, /maxFreq is .*; it must be a number, or a list/],
    [{ hidden: [500_000] }, /hidden is \[500000\].* makes 397,500,010 parameters; at most 67,108,864/],
    [{ hidden: [1e12] }, /parameters; at most/],
  ])('refuses %j', (options, message) => {
    expect(() => new HarmonicMLP(options)).toThrow(message);
    expect(() => new HarmonicMLP(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('refuses files of other programs and versions', async () => {
    const model = new HarmonicMLP(small);
    const bytes = await model.toBytes();
    model.dispose();
    const foreign = replaceText(bytes, '"harmonic-mlp"', '"harmonic_mlp"');
    expect(() => HarmonicMLP.fromBytes(foreign)).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        argument: 'metadata.format',
        value: 'harmonic_mlp',
        allowed: '"harmonic-mlp"',
        message: expect.stringContaining('was not saved by harmonic-mlp'),
      }),
    );
    const newer = replaceText(bytes, '"version":"3"', '"version":"4"');
    expect(() => HarmonicMLP.fromBytes(newer)).toThrow(
      /has version 4, but this release reads versions up to 3/,
    );
    expect(() => HarmonicMLP.fromBytes(bytes.subarray(0, 300))).toThrow(HarmonicError);
    const unregistered = replaceText(
      bytes,
      String.raw`\"activation\":\"harmonic\"`,
      String.raw`\"activation\":\"harmonix\"`,
    );
    expect(() => HarmonicMLP.fromBytes(unregistered)).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        argument: 'config.activation',
        value: 'harmonix',
        allowed: expect.stringMatching(/^one of "harmonic", .*"linear"$/),
        message:
          'The model file has the activation "harmonix", which is not registered. Register it before loading, with registerActivation of @harmonic-mlp/harmonic-layer.',
      }),
    );
    const own = new HarmonicMLP({ hidden: [2], activation: 'siren', omega: 7 });
    const drawn = new HarmonicMLP({ hidden: [2], periods: 'uniform:2,3' });
    const [ofOwn, ofDrawn] = [await own.toBytes(), await drawn.toBytes()];
    for (const each of [own, drawn]) each.dispose();
    // With a hyperparameter that no registered activation has.
    const sirex = replaceText(replaceText(ofOwn, 'siren', 'sirex'), 'omega', 'omegx');
    expect(() => HarmonicMLP.fromBytes(sirex)).toThrow('has the activation "sirex", which is not registered');
    const octaves = replaceText(ofDrawn, 'uniform', 'octaves');
    expect(() => HarmonicMLP.fromBytes(octaves)).toThrow(
      'The model file has the period distribution "octaves", which is not registered. Register it before loading, with registerPeriods of @harmonic-mlp/harmonic-layer.',
    );
    const impossible = replaceText(bytes, String.raw`\"classes\":3`, String.raw`\"classes\":1`);
    expect(() => HarmonicMLP.fromBytes(impossible)).toThrow(
      /configuration is damaged: classes is 1; it must be .* Use another copy of the file\.$/,
    );
  });
});

function predictionOf(model: HarmonicMLP, inputs: Tensor2D): Float32Array {
  const probabilities = model.predict(inputs);
  const values = probabilities.dataSync<'float32'>();
  probabilities.dispose();
  return values;
}
