import '@tensorflow/tfjs-backend-wasm';
import { train } from './training.mjs';

console.log(JSON.stringify(await train()));
