import * as tf from '@tensorflow/tfjs-core';
import { layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import type { Contender, Start } from '../contender';
import { adam, type Network, norm } from '../network';
import { labelsOf, tfjsTensors } from './tfjs-tensors';

/** `model.fit` of tfjs-layers, which gathers its batches and knows nothing of this project. */
export const tfjsLayers: Contender = {
  name: 'stock tfjs-layers',
  isSlow: true,
  lighter: 'model.fit, without decay and the scaling of gradients',
  async create(start) {
    const { network } = start;
    const tensors = tfjsTensors(network);
    const model = sequentialModel(start);
    let examples: { inputs: tf.Tensor2D; targets: tf.Tensor2D } | undefined;
    let batchSize = 0;
    let inputs: tf.Tensor2D | undefined;

    /** Whole epochs, of fewer examples if so few steps are asked for. */
    const train = async (steps: number) => {
      const rows = Math.min(examples!.inputs.shape[0], steps * batchSize);
      const epochs = Math.ceil((steps * batchSize) / rows);
      const first = tf.tidy(() => [examples!.inputs, examples!.targets].map((all) => tf.slice(all, 0, rows)));
      const options = { epochs, batchSize, shuffle: false, verbose: 0 } as const;
      const started = performance.now();
      const { history } = await model.fit(first[0], first[1], options);
      const elapsed = performance.now() - started;
      tf.dispose(first);
      const losses = history.loss.map(Number);
      return { milliseconds: (elapsed * steps * batchSize) / (epochs * rows), losses };
    };

    return {
      async load(batches) {
        tf.dispose(examples);
        batchSize = batches[0].size;
        const loaded = batches.map(tensors.batch);
        examples = tf.tidy(() => ({
          inputs: tf.concat(loaded.map((batch) => batch.inputs)),
          targets: tf.concat(
            loaded.map((batch) =>
              network.task === 'regression'
                ? (batch.targets as tf.Tensor2D)
                : (tf.oneHot(labelsOf(batch), network.outputs) as tf.Tensor2D),
            ),
          ),
        }));
        loaded.forEach(tensors.disposeBatch);
      },
      async train(steps, before = 1) {
        const { losses } = await train(before);
        const training = await train(steps);
        return { ...training, losses: [...losses, ...training.losses] };
      },
      async show(values) {
        inputs?.dispose();
        inputs = tensors.inputs(values);
      },
      async predict(times) {
        const predict = async () => {
          const predictions = model.predict(inputs!, { batchSize: inputs!.shape[0] }) as tf.Tensor;
          const values = await predictions.data<'float32'>();
          predictions.dispose();
          return values;
        };
        let outputs = await predict();
        const started = performance.now();
        for (let i = 0; i < times; i++) outputs = await predict();
        return { milliseconds: performance.now() - started, outputs };
      },
      async dispose() {
        tf.dispose([examples, inputs].flatMap((each) => each ?? []));
        model.optimizer.dispose();
        model.dispose();
      },
    };
  },
};

/** sin(ω·z) + r·z. */
class Waves extends layers.Layer {
  static readonly className = 'Waves';
  readonly #omegas: tf.Tensor1D;
  readonly #residual: number;

  constructor(omegas: readonly number[], residual: number) {
    super({});
    this.#omegas = tf.tensor1d([...omegas]);
    this.#residual = residual;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [z] = Array.isArray(inputs) ? inputs : [inputs];
    return tf.tidy(() => {
      const wave = tf.sin(tf.mul(z, this.#omegas));
      return this.#residual === 0 ? wave : tf.add(wave, tf.mul(z, this.#residual));
    });
  }

  override dispose() {
    this.#omegas.dispose();
    return super.dispose();
  }
}

function sequentialModel({ network, weights, dropout, learningRate }: Start): Sequential {
  const tensor = (path: string) => tf.tensor(weights[path].data, weights[path].shape);
  const model = sequential();
  const add = (layer: layers.Layer, paths: string[] = []) => {
    model.add(layer);
    if (paths.length === 0) return;
    const values = paths.map(tensor);
    layer.setWeights(values);
    tf.dispose(values);
  };
  network.hidden.forEach(({ omegas }, i) => {
    const inputShape = i === 0 ? { inputShape: [network.inputSize] } : {};
    const path = `hidden.${i}`;
    add(layers.dense({ units: omegas.length, ...inputShape }), [`${path}/kernel`, `${path}/bias`]);
    add(new Waves(omegas, network.residual));
    if (network.isNormalized) {
      const { epsilon, momentum } = norm;
      add(
        layers.batchNormalization({ epsilon, momentum: 1 - momentum }),
        ['gamma', 'beta', 'running_mean', 'running_variance'].map((name) => `${path}/norm/${name}`),
      );
    }
    if (dropout > 0) add(layers.dropout({ rate: dropout }));
  });
  add(layers.dense({ units: network.outputs, ...outputOf(network) }), ['output/kernel', 'output/bias']);
  const { beta1, beta2, epsilon } = adam;
  model.compile({
    optimizer: tf.train.adam(learningRate, beta1, beta2, epsilon),
    loss: network.task === 'classification' ? 'categoricalCrossentropy' : 'meanSquaredError',
  });
  return model;
}

const outputOf = ({ task }: Network) =>
  task === 'classification' ? ({ activation: 'softmax' } as const) : {};
