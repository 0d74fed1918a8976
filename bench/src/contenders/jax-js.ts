import { defaultDevice, init, jit, lax, nn, numpy as np, random, tree, valueAndGrad } from '@jax-js/jax';
import type { Batch, Contender, Start } from '../contender';
import { adam, isTrained, layerOf, type Network, norm } from '../network';
import { inProcess } from './in-process';

type Tensors = { [path: string]: np.Array };

/**
 * The networks in jax-js, on its wasm backend: the whole step is one jitted function, with Adam written in jax-js
 * operations. A jax-js function consumes its arguments; `.ref` keeps one for another use.
 */
export async function jaxJs(): Promise<Contender> {
  await init('wasm');
  defaultDevice('wasm');
  return { name: 'jax-js', isSlow: true, create: async (start) => inProcess(jaxModel(start)) };
}

const vector = (values: Iterable<number>) => np.array(Float32Array.from(values));

/** z = x·W + b, then sin(ω·z) + r·z. */
function harmonic(x: np.Array, tensors: Tensors, { hidden, residual }: Network, layer: number): np.Array {
  const z = np.matmul(x, tensors[`hidden.${layer}/kernel`]).add(tensors[`hidden.${layer}/bias`]);
  const omegas = vector(hidden[layer].omegas);
  if (residual === 0) return np.sin(z.mul(omegas));
  return np.sin(z.ref.mul(omegas)).add(z.mul(residual));
}

const linear = (x: np.Array, tensors: Tensors): np.Array =>
  np.matmul(x, tensors['output/kernel']).add(tensors['output/bias']);

function jaxModel({ network, weights, dropout, learningRate, weightDecay }: Start) {
  const { inputSize, hidden, outputs, task, isNormalized } = network;
  const entries = Object.entries(weights);
  const tensorsWhere = (chosen: (path: string) => boolean): Tensors =>
    Object.fromEntries(
      entries
        .filter(([path]) => chosen(path))
        .map(([path, { shape, data }]) => [path, np.array(data.slice(), { shape })]),
    );
  let parameters = tensorsWhere(isTrained);
  let statistics = tensorsWhere((path) => !isTrained(path));
  let firstMoments = tree.map((parameter: np.Array) => np.zerosLike(parameter), tree.ref(parameters));
  let secondMoments = tree.map((parameter: np.Array) => np.zerosLike(parameter), tree.ref(parameters));
  let key = random.key(0);
  let steps = 0;

  /** [the loss, the updated statistics]. */
  const loss = (
    tensors: Tensors,
    running: Tensors,
    keys: np.Array,
    inputs: np.Array,
    targets: np.Array,
  ): [np.Array, Tensors] => {
    const batch = inputs.shape[0];
    const moved: Tensors = {};
    const move = (path: string, current: np.Array) => {
      const change = lax.stopGradient(current).mul(norm.momentum);
      moved[path] = running[path].mul(1 - norm.momentum).add(change);
    };
    const last = hidden.reduce((x, { omegas }, i) => {
      const path = `hidden.${i}/norm`;
      const y = harmonic(x, tensors, network, i);
      if (!isNormalized) return y;
      const mean = y.ref.mean(0);
      const centered = y.sub(mean.ref);
      const variance = np.square(centered.ref).mean(0);
      move(`${path}/running_mean`, mean);
      move(`${path}/running_variance`, variance.ref.mul(batch / (batch - 1)));
      const normalized = centered.div(np.sqrt(variance.add(norm.epsilon)));
      const scaled = normalized.mul(tensors[`${path}/gamma`]).add(tensors[`${path}/beta`]);
      if (dropout === 0) return scaled;
      const kept = random.bernoulli(keys.ref.slice(i), 1 - dropout, [batch, omegas.length]);
      return np.where(kept, scaled.mul(1 / (1 - dropout)), 0);
    }, inputs);
    keys.dispose();
    const values = linear(last, tensors);
    if (task === 'regression') return [np.square(values.sub(targets)).mean(), moved];
    return [nn.logSoftmax(values).mul(nn.oneHot(targets, outputs)).sum(1).mean().neg(), moved];
  };

  const step = jit(
    (
      tensors: Tensors,
      running: Tensors,
      m: Tensors,
      v: Tensors,
      randomKey: np.Array,
      rate: np.Array,
      correction: np.Array,
      inputs: np.Array,
      targets: np.Array,
    ): [Tensors, Tensors, Tensors, Tensors, np.Array, np.Array] => {
      const keys = random.split(randomKey, hidden.length + 1);
      const [[value, moved], gradients] = valueAndGrad(loss, { hasAux: true })(
        tree.ref(tensors),
        running,
        keys.ref,
        inputs,
        targets,
      ) as [[np.Array, Tensors], Tensors];
      const [newTensors, newM, newV]: Tensors[] = [{}, {}, {}];
      for (const path of Object.keys(tensors)) {
        const { factors } = layerOf(network, path) ?? {};
        const scaled = factors === undefined ? gradients[path] : gradients[path].mul(vector(factors));
        const g = scaled.add(tensors[path].ref.mul(weightDecay));
        newM[path] = m[path].mul(adam.beta1).add(g.ref.mul(1 - adam.beta1));
        newV[path] = v[path].mul(adam.beta2).add(np.square(g).mul(1 - adam.beta2));
        const denominator = np.sqrt(newV[path].ref).mul(correction.ref).add(adam.epsilon);
        newTensors[path] = tensors[path].sub(newM[path].ref.mul(rate.ref).div(denominator));
      }
      rate.dispose();
      correction.dispose();
      return [newTensors, moved, newM, newV, keys.slice(hidden.length), value];
    },
  );

  const predicted = jit((tensors: Tensors, running: Tensors, inputs: np.Array): np.Array => {
    const last = hidden.reduce((x, _, i) => {
      const y = harmonic(x, tensors, network, i);
      if (!isNormalized) return y;
      const path = `hidden.${i}/norm`;
      const deviation = np.sqrt(running[`${path}/running_variance`].add(norm.epsilon));
      const scale = tensors[`${path}/gamma`].div(deviation);
      const shift = tensors[`${path}/beta`].sub(running[`${path}/running_mean`].mul(scale.ref));
      return y.mul(scale).add(shift);
    }, inputs);
    const values = linear(last, tensors);
    return task === 'classification' ? nn.softmax(values) : values;
  });

  return {
    batch: ({ inputs, targets, size }: Batch) => ({
      inputs: np.array(inputs as Float32Array<ArrayBuffer>, { shape: [size, inputSize] }),
      targets:
        task === 'classification'
          ? np.array(targets as Int32Array<ArrayBuffer>, { dtype: np.int32 })
          : np.array(targets as Float32Array<ArrayBuffer>, { shape: [size, outputs] }),
    }),
    inputs: (values: Float32Array) =>
      np.array(values as Float32Array<ArrayBuffer>, { shape: [values.length / inputSize, inputSize] }),
    disposeBatch: (batch: { inputs: np.Array; targets: np.Array }) => tree.dispose(batch),
    disposeInputs: (inputs: np.Array) => inputs.dispose(),
    async step({ inputs, targets }: { inputs: np.Array; targets: np.Array }) {
      steps += 1;
      const rate = learningRate / (1 - adam.beta1 ** steps);
      const correction = 1 / Math.sqrt(1 - adam.beta2 ** steps);
      let value: np.Array;
      [parameters, statistics, firstMoments, secondMoments, key, value] = step(
        parameters,
        statistics,
        firstMoments,
        secondMoments,
        key,
        // As arrays, because numbers would be compiled into the step, with a recompilation for each.
        np.array(rate),
        np.array(correction),
        inputs.ref,
        targets.ref,
      );
      const [read] = await value.data();
      return read;
    },
    predict: async (inputs: np.Array) =>
      (await predicted(tree.ref(parameters), tree.ref(statistics), inputs.ref).data()) as Float32Array,
    dispose() {
      tree.dispose([parameters, statistics, firstMoments, secondMoments, key]);
      step.dispose();
      predicted.dispose();
    },
  };
}
