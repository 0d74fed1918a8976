import { DeviceDataset, LabeledDataset } from '@harmonic-mlp/mnist-data';
import type { Part } from '../data';
import type { Backend } from './backend';

/** Puts images where the backend gathers batches fastest: on the device, if they fit there, or in memory, like other data. */
export function place<P extends Part>(backend: Backend, data: P): P | DeviceDataset {
  if (!(data instanceof LabeledDataset) || !backend.keepsData) return data;
  const bytes = 4 * data.size * data.inputSize;
  return bytes <= (backend.largestTensor ?? Number.POSITIVE_INFINITY) ? new DeviceDataset(data) : data;
}

/** Frees what {@link place} put on the device. */
export function release(data: Part | DeviceDataset): void {
  if (data instanceof DeviceDataset) data.dispose();
}
