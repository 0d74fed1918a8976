// The choice of a backend that an example leaves to its readers.
import '@tensorflow/tfjs-backend-wasm';
import { setBackend } from '@tensorflow/tfjs-core';

await setBackend('wasm');
