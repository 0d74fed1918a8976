import { defaultDevice, init, jit, lax, nn, numpy as np, random, tree, valueAndGrad } from '@jax-js/jax';
import type { Batch, Contender, Start } from '../contender';
import {
  adam,
  classes,
  freqScaleFactor,
  hiddenLayers,
  inputSize,
  isTrained,
  norm,
  residual,
} from '../published-model';
import { inProcess } from './in-process';

type Tensors = { [path: string]: np.Array };

/**
 * The published model in jax-js, on its wasm backend: the whole step is one jitted function, with Adam written in jax-js
 * operations. A jax-js function consumes its arguments; `.ref` keeps one for another use.
 */
export async function jaxJs(): Promise<Contender> {
  await init('wasm');
  defaultDevice('wasm');
  return { name: 'jax-js', create: async (start) => inProcess(jaxModel(start)) };
}

const vector = (values: Iterable<number>) => np.array(Float32Array.from(values));

/** z = x·W + b, then sin(2π·z/p) + r·z. */
function harmonic(x: np.Array, tensors: Tensors, layer: number): np.Array {
  const omegas = vector(hiddenLayers[layer].periods.map((period) => (2 * Math.PI) / period));
  const z = np.matmul(x, tensors[`hidden.${layer}/kernel`]).add(tensors[`hidden.${layer}/bias`]);
  return np.sin(z.ref.mul(omegas)).add(z.mul(residual));
}

const linear = (x: np.Array, tensors: Tensors): np.Array =>
  np.matmul(x, tensors['output/kernel']).add(tensors['output/bias']);

function jaxModel({ weights, dropout, learningRate, weightDecay }: Start) {
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
    labels: np.Array,
  ): [np.Array, Tensors] => {
    const batch = inputs.shape[0];
    const moved: Tensors = {};
    const move = (path: string, current: np.Array) => {
      const change = lax.stopGradient(current).mul(norm.momentum);
      moved[path] = running[path].mul(1 - norm.momentum).add(change);
    };
    const last = hiddenLayers.reduce((x, { units }, i) => {
      const path = `hidden.${i}/norm`;
      const y = harmonic(x, tensors, i);
      const mean = y.ref.mean(0);
      const centered = y.sub(mean.ref);
      const variance = np.square(centered.ref).mean(0);
      move(`${path}/running_mean`, mean);
      move(`${path}/running_variance`, variance.ref.mul(batch / (batch - 1)));
      const normalized = centered.div(np.sqrt(variance.add(norm.epsilon)));
      const scaled = normalized.mul(tensors[`${path}/gamma`]).add(tensors[`${path}/beta`]);
      if (dropout === 0) return scaled;
      const kept = random.bernoulli(keys.ref.slice(i), 1 - dropout, [batch, units]);
      return np.where(kept, scaled.mul(1 / (1 - dropout)), 0);
    }, inputs);
    keys.dispose();
    const logProbabilities = nn.logSoftmax(linear(last, tensors));
    return [logProbabilities.mul(nn.oneHot(labels, classes)).sum(1).mean().neg(), moved];
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
      labels: np.Array,
    ): [Tensors, Tensors, Tensors, Tensors, np.Array, np.Array] => {
      const keys = random.split(randomKey, hiddenLayers.length + 1);
      const [[value, moved], gradients] = valueAndGrad(loss, { hasAux: true })(
        tree.ref(tensors),
        running,
        keys.ref,
        inputs,
        labels,
      ) as [[np.Array, Tensors], Tensors];
      const [newTensors, newM, newV]: Tensors[] = [{}, {}, {}];
      for (const path of Object.keys(tensors)) {
        const factors = gradientFactors(path);
        const scaled = factors === undefined ? gradients[path] : gradients[path].mul(factors);
        const g = scaled.add(tensors[path].ref.mul(weightDecay));
        newM[path] = m[path].mul(adam.beta1).add(g.ref.mul(1 - adam.beta1));
        newV[path] = v[path].mul(adam.beta2).add(np.square(g).mul(1 - adam.beta2));
        const denominator = np.sqrt(newV[path].ref).mul(correction.ref).add(adam.epsilon);
        newTensors[path] = tensors[path].sub(newM[path].ref.mul(rate.ref).div(denominator));
      }
      rate.dispose();
      correction.dispose();
      return [newTensors, moved, newM, newV, keys.slice(hiddenLayers.length), value];
    },
  );

  const probabilities = jit((tensors: Tensors, running: Tensors, images: np.Array): np.Array => {
    const last = hiddenLayers.reduce((x, _, i) => {
      const path = `hidden.${i}/norm`;
      const deviation = np.sqrt(running[`${path}/running_variance`].add(norm.epsilon));
      const scale = tensors[`${path}/gamma`].div(deviation);
      const shift = tensors[`${path}/beta`].sub(running[`${path}/running_mean`].mul(scale.ref));
      return harmonic(x, tensors, i).mul(scale).add(shift);
    }, images);
    return nn.softmax(linear(last, tensors));
  });

  return {
    batch: ({ inputs, labels, size }: Batch) => ({
      inputs: np.array(inputs as Float32Array<ArrayBuffer>, { shape: [size, inputSize] }),
      labels: np.array(labels as Int32Array<ArrayBuffer>, { dtype: np.int32 }),
    }),
    images: (values: Float32Array) =>
      np.array(values as Float32Array<ArrayBuffer>, { shape: [values.length / inputSize, inputSize] }),
    disposeBatch: (batch: { inputs: np.Array; labels: np.Array }) => tree.dispose(batch),
    disposeImages: (images: np.Array) => images.dispose(),
    async step({ inputs, labels }: { inputs: np.Array; labels: np.Array }) {
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
        labels.ref,
      );
      const [read] = await value.data();
      return read;
    },
    predict: async (images: np.Array) =>
      (await probabilities(tree.ref(parameters), tree.ref(statistics), images.ref).data()) as Float32Array,
    dispose() {
      tree.dispose([parameters, statistics, firstMoments, secondMoments, key]);
      step.dispose();
      probabilities.dispose();
    },
  };
}

/** The factor of each unit for the gradient of a path; undefined if it is not scaled. */
function gradientFactors(path: string): np.Array | undefined {
  const [, layer] = /^hidden\.(\d+)\/(?:kernel|bias)$/.exec(path) ?? [];
  if (layer === undefined) return undefined;
  return vector(hiddenLayers[Number(layer)].periods.map((period) => 1 / (1 + freqScaleFactor * period)));
}
