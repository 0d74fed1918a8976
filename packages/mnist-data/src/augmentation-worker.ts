import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import { AugmentedDataset, type AugmentedDatasetOptions } from './augmentation/augmented-dataset';
import { batchIndices } from './batch-indices';
import { LabeledDataset } from './dataset';
import type { LabeledDatasetOptions } from './dataset-options';
import type { BatchArrays, WorkerRequest } from './node/background-augmentation';

// The program of the thread of a BackgroundAugmentation.

const { data, options } = workerData as { data: LabeledDatasetOptions; options: AugmentedDatasetOptions };
const source = new AugmentedDataset(new LabeledDataset(data), options);
const iterations = new Map<number, Generator<Int32Array>>();

parentPort!.on('message', ({ iteration, begin, end, epoch }: WorkerRequest) => {
  if (begin !== undefined) iterations.set(iteration, batchIndices(source.size, begin));
  if (end) iterations.delete(iteration);
  const next = iterations.get(iteration)?.next();
  if (next === undefined || next.done) return;
  const rows = next.value;
  const inputs = new Float32Array(rows.length * source.inputSize);
  const labels = new Int32Array(rows.length);
  source.gather(rows, { inputs, labels }, { epoch });
  const batch: BatchArrays = { iteration, inputs, labels };
  parentPort!.postMessage(batch, [inputs.buffer, labels.buffer] as Transferable[]);
});
