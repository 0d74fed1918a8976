// Registers the gradients of tfjs's own operations, which tfjs-core alone does not.
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import type { Contender, Start } from '../contender';
import { adam, isTrained, norm } from '../network';
import { inProcess } from './in-process';
import { labelsOf, numbersOf, type TfjsBatch, tfjsTensors } from './tfjs-tensors';

/** The networks written in plain tfjs operations, with tfjs's own gradients and Adam. */
export const stockTfjs: Contender = {
  name: 'stock tfjs',
  isSlow: true,
  create: async (start) => inProcess({ ...tfjsTensors(start.network), ...stockModel(start) }),
};

function stockModel({ network, weights, dropout, learningRate, weightDecay }: Start) {
  const { task, residual, isNormalized } = network;
  const variables: Record<string, tf.Variable> = {};
  for (const [path, { shape, data }] of Object.entries(weights)) {
    variables[path] = tf.tidy(() => tf.variable(tf.tensor(data, shape), isTrained(path)));
  }
  const optimizer = tf.train.adam(learningRate, adam.beta1, adam.beta2, adam.epsilon);
  const hidden = network.hidden.map(({ omegas, factors }, i) => {
    const part = (name: string) => variables[`hidden.${i}/${name}`] as tf.Tensor;
    return {
      omegas: tf.tensor1d([...omegas]),
      factors: factors && tf.tensor1d([...factors]),
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
    const wave = tf.sin(tf.mul(z, omegas)) as tf.Tensor2D;
    return residual === 0 ? wave : tf.add(wave, tf.mul(z, residual));
  };

  const linear = (x: tf.Tensor2D): tf.Tensor2D =>
    tf.add(tf.matMul(x, variables['output/kernel'] as tf.Tensor), variables['output/bias']);

  const loss = (examples: TfjsBatch): tf.Scalar => {
    const batch = examples.inputs.shape[0];
    const last = hidden.reduce((x, layer) => {
      const y = harmonic(x, layer);
      if (!isNormalized) return y;
      const { mean, variance } = tf.moments(y, 0);
      move(layer.runningMean, mean);
      move(layer.runningVariance, tf.mul(variance, batch / (batch - 1)));
      const normalized = tf.div(tf.sub(y, mean), tf.sqrt(tf.add(variance, norm.epsilon)));
      const scaled = tf.add(tf.mul(normalized, layer.gamma), layer.beta);
      return tf.dropout(scaled, dropout) as tf.Tensor2D;
    }, examples.inputs);
    const outputs = linear(last);
    if (task === 'regression') return tf.losses.meanSquaredError(numbersOf(examples), outputs);
    return tf.losses.softmaxCrossEntropy(tf.oneHot(labelsOf(examples), network.outputs), outputs);
  };

  return {
    async step(batch: TfjsBatch) {
      const value = tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => loss(batch));
        for (const { kernel, bias, factors } of hidden) {
          if (factors === undefined) continue;
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
    async predict(inputs: tf.Tensor2D) {
      const predictions = tf.tidy(() => {
        const last = hidden.reduce((x, layer) => {
          const y = harmonic(x, layer);
          if (!isNormalized) return y;
          const { runningMean, runningVariance, beta, gamma } = layer;
          return tf.batchNorm(
            y,
            runningMean as tf.Tensor1D,
            runningVariance as tf.Tensor1D,
            beta,
            gamma,
            norm.epsilon,
          ) as tf.Tensor2D;
        }, inputs);
        const outputs = linear(last);
        return task === 'classification' ? tf.softmax(outputs) : outputs;
      });
      const values = await predictions.data<'float32'>();
      predictions.dispose();
      return values;
    },
    dispose() {
      tf.dispose([
        Object.values(variables),
        hidden.flatMap(({ omegas, factors }) => (factors ? [omegas, factors] : omegas)),
      ]);
      optimizer.dispose();
    },
  };
}
