import type { DataId } from '@tensorflow/tfjs-core';

const changed = new WeakSet<DataId>();

/** Takes note that data get other values without another id, by which tfjs's kernels keep what they make of a matrix. */
export const noteChangeInPlace = (dataId: DataId): void => {
  changed.add(dataId);
};

/** Whether data have got other values without another id. */
export const isChangedInPlace = (dataId: DataId): boolean => changed.has(dataId);
