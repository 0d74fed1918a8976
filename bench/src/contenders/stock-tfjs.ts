// Registers the gradients of tfjs's own operations, which tfjs-core alone does not.
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import type { Contender, Start } from '../contender';
import { adam, classes, freqScaleFactor, hiddenLayers, isTrained, norm, residual } from '../published-model';
import { inProcess } from './in-process';
import { tfjsTensors } from './tfjs-tensors';

/** The published model written in plain tfjs operations, with tfjs's own gradients and Adam. */
export const stockTfjs: Contender = {
  name: 'stock tfjs',
  create: async (start) => inProcess({ ...tfjsTensors, ...stockModel(start) }),
};

function stockModel({ weights, dropout, learningRate, weightDecay }: Start) {
  const variables: Record<string, tf.Variable> = {};
  for (const [path, { shape, data }] of Object.entries(weights)) {
    variables[path] = tf.tidy(() => tf.variable(tf.tensor(data, shape), isTrained(path)));
  }
  const optimizer = tf.train.adam(learningRate, adam.beta1, adam.beta2, adam.epsilon);
  const hidden = hiddenLayers.map(({ periods }, i) => {
    const part = (name: string) => variables[`hidden.${i}/${name}`] as tf.Tensor;
    return {
      omegas: tf.tensor1d(Array.from(periods, (period) => (2 * Math.PI) / period)),
      factors: tf.tensor1d(Array.from(periods, (period) => 1 / (1 + freqScaleFactor * period))),
      kernel: part('kernel') as tf.Variable,
      bias: part('bias') as tf.Variable,
      gamma: part('norm/gamma') as tf.Tensor1D,
      beta: part('norm/beta') as tf.Tensor1D,
      runningMean: part('norm/running_mean') as tf.Variable<tf.Rank.R1>,
      runningVariance: part('norm/running_variance') as tf.Variable<tf.Rank.R1>,
    };
  });
  type Layer = (typeof hidden)[number];

  const move = (running: tf.Variable, batch: tf.Tensor) =>
    running.assign(tf.add(tf.mul(running, 1 - norm.momentum), tf.mul(batch, norm.momentum)));

  const harmonic = (x: tf.Tensor2D, { kernel, bias, omegas }: Layer): tf.Tensor2D => {
    const z = tf.add(tf.matMul(x, kernel as tf.Tensor), bias);
    return tf.add(tf.sin(tf.mul(z, omegas)), tf.mul(z, residual));
  };

  const linear = (x: tf.Tensor2D): tf.Tensor2D =>
    tf.add(tf.matMul(x, variables['output/kernel'] as tf.Tensor), variables['output/bias']);

  const loss = (inputs: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar => {
    const batch = inputs.shape[0];
    const last = hidden.reduce((x, layer) => {
      const y = harmonic(x, layer);
      const { mean, variance } = tf.moments(y, 0);
      move(layer.runningMean, mean);
      move(layer.runningVariance, tf.mul(variance, batch / (batch - 1)));
      const normalized = tf.div(tf.sub(y, mean), tf.sqrt(tf.add(variance, norm.epsilon)));
      const scaled = tf.add(tf.mul(normalized, layer.gamma), layer.beta);
      return tf.dropout(scaled, dropout) as tf.Tensor2D;
    }, inputs);
    return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes), linear(last));
  };

  return {
    async step({ inputs, labels }: { inputs: tf.Tensor2D; labels: tf.Tensor1D }) {
      const value = tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => loss(inputs, labels));
        for (const { kernel, bias, factors } of hidden) {
          grads[kernel.name] = tf.mul(grads[kernel.name], factors);
          grads[bias.name] = tf.mul(grads[bias.name], factors);
        }
        for (const [name, gradient] of Object.entries(grads)) {
          const variable = tf.engine().registeredVariables[name];
          grads[name] = tf.add(gradient, tf.mul(variable, weightDecay));
        }
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
        return value;
      });
      const [read] = await value.data();
      value.dispose();
      return read;
    },
    async predict(images: tf.Tensor2D) {
      const probabilities = tf.tidy(() => {
        const last = hidden.reduce((x, layer) => {
          const { runningMean, runningVariance, beta, gamma } = layer;
          return tf.batchNorm(
            harmonic(x, layer),
            runningMean as tf.Tensor1D,
            runningVariance as tf.Tensor1D,
            beta,
            gamma,
            norm.epsilon,
          ) as tf.Tensor2D;
        }, images);
        return tf.softmax(linear(last));
      });
      const values = await probabilities.data<'float32'>();
      probabilities.dispose();
      return values;
    },
    dispose() {
      tf.dispose([Object.values(variables), hidden.map(({ omegas, factors }) => [omegas, factors])]);
      optimizer.dispose();
    },
  };
}
