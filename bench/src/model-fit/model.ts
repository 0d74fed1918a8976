import { train } from '@tensorflow/tfjs-core';
import { initializers, layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import type { FitNetwork } from './networks';

/** A network as a model of tfjs-layers, compiled, with the same initial weights everywhere. */
export function modelOf(network: FitNetwork): Sequential {
  const model = sequential();
  network.layers.forEach(({ layer, ...settings }, i) => {
    const initial = initializers.glorotUniform({ seed: i + 1 });
    const create = layers[layer] as (settings: object) => layers.Layer;
    model.add(
      create({
        kernelInitializer: initial,
        // Its default needs the chained methods of the umbrella package.
        recurrentInitializer: initial,
        depthwiseInitializer: initial,
        embeddingsInitializer: initial,
        ...(i === 0 && { inputShape: network.inputShape }),
        ...settings,
      }),
    );
  });
  const { optimizer, learningRate, loss } = network;
  model.compile({ optimizer: train[optimizer](learningRate), loss });
  return model;
}
