import { DeviceDataset, type LabeledDataset } from '@harmonic-mlp/mnist-data';
import type { Backend } from './backend';

/** Puts a data set where the backend gathers batches fastest: on the device, if it fits there, or in memory. */
export function place(backend: Backend, data: LabeledDataset): LabeledDataset | DeviceDataset {
  const bytes = 4 * data.size * data.inputSize;
  const fits = bytes <= (backend.largestTensor ?? Number.POSITIVE_INFINITY);
  return backend.keepsData && fits ? new DeviceDataset(data) : data;
}

/** Frees what {@link place} put on the device. */
export function release(data: LabeledDataset | DeviceDataset): void {
  if (data instanceof DeviceDataset) data.dispose();
}
