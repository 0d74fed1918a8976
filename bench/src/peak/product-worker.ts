import { parentPort } from 'node:worker_threads';
import { peakModule, scalarsAt } from './module';

/** A thread that computes products, as often as it is told, each time it is told. */
const { module } = await peakModule(65536, { rows: 6, vectors: 2 });
new Float32Array(module.memory.buffer).fill(1e-3);
parentPort!.on('message', (times: number) => {
  module.multiplyAdd(scalarsAt / 64, times);
  parentPort!.postMessage('done');
});
