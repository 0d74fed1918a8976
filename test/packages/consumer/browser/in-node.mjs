import '@tensorflow/tfjs-backend-wasm';
import { fitLayers } from './fit.mjs';
import { train, trainOnThreads, trainWithKernels } from './training.mjs';

const result = await train();
console.log(
  JSON.stringify({
    ...result,
    withKernels: await trainWithKernels(),
    onThreads: await trainOnThreads(1, 2),
    layers: await fitLayers(),
  }),
);
