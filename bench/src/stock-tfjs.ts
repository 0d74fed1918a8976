// Registers the gradients of tfjs's own operations, which tfjs-core alone does not.
import '@tensorflow/tfjs-layers';
import { cappedHarmonicSeries } from '@harmonic-mlp/harmonic-layer';
import * as tf from '@tensorflow/tfjs-core';
import type { Contender } from './contender';

/** The published model as one writes it in plain tfjs operations, with tfjs's own gradients and Adam. */
export function stockTfjs(): Contender {
  const layer = (inputs: number, units: number, maxFreq: number) => {
    const bound = 1 / Math.sqrt(inputs);
    const periods = tf.tensor1d(cappedHarmonicSeries(units, { maxFreq }));
    return {
      periods,
      factors: tf.div<tf.Tensor1D>(1, tf.add(1, tf.mul(0.1, periods))),
      kernel: tf.variable(tf.randomUniform([inputs, units], -bound, bound)),
      bias: tf.variable(tf.randomUniform([units], -bound, bound)),
      gamma: tf.variable(tf.ones([units])),
      beta: tf.variable(tf.zeros([units])),
      runningMean: tf.variable(tf.zeros([units]), false),
      runningVariance: tf.variable(tf.ones([units]), false),
    };
  };
  const hidden = [layer(784, 512, 5), layer(512, 256, 3)];
  const bound = 1 / Math.sqrt(256);
  const kernel = tf.variable(tf.randomUniform([256, 10], -bound, bound));
  const bias = tf.variable(tf.randomUniform([10], -bound, bound));
  const optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  const decay = 1e-5;

  const move = (running: tf.Variable, batch: tf.Tensor) =>
    running.assign(tf.add(tf.mul(running, 0.9), tf.mul(batch, 0.1)));

  const forward = (inputs: tf.Tensor2D, labels: tf.Tensor1D) => {
    let h: tf.Tensor = inputs;
    for (const { kernel, bias, periods, gamma, beta, runningMean, runningVariance } of hidden) {
      const z = tf.add(tf.matMul(h, kernel as tf.Tensor), bias);
      const y = tf.add(tf.sin(tf.mul(z, tf.div(2 * Math.PI, periods))), tf.mul(z, 0.1));
      const { mean, variance } = tf.moments(y, 0);
      const batch = inputs.shape[0];
      move(runningMean, mean);
      move(runningVariance, tf.mul(variance, batch / (batch - 1)));
      const normalised = tf.div(tf.sub(y, mean), tf.sqrt(tf.add(variance, 1e-5)));
      h = tf.dropout(tf.add(tf.mul(normalised, gamma), beta), 0.2);
    }
    const logits = tf.add(tf.matMul(h, kernel as tf.Tensor), bias);
    return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 10), logits) as tf.Scalar;
  };

  return {
    name: 'stock tfjs',
    async step(inputs, labels) {
      const loss = tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => forward(inputs, labels));
        for (const { kernel, bias, factors } of hidden) {
          grads[kernel.name] = tf.mul(grads[kernel.name], factors);
          grads[bias.name] = tf.mul(grads[bias.name], factors);
        }
        for (const [name, gradient] of Object.entries(grads)) {
          grads[name] = tf.add(gradient, tf.mul(tf.engine().registeredVariables[name], decay));
        }
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
        return value;
      });
      const [value] = await loss.data();
      loss.dispose();
      return value;
    },
  };
}
