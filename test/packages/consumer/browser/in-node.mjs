import '@tensorflow/tfjs-backend-wasm';
import { train, trainWithKernels } from './training.mjs';

console.log(JSON.stringify({ ...(await train()), withKernels: await trainWithKernels() }));
