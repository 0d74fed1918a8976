/// <reference types="vite/types/importMeta.d.ts" />
import { type Tensor, tensor } from '@tensorflow/tfjs-core';

// Not read from disk, so that tests in browsers also have them.
const files = import.meta.glob<string>('../../tools/reference/fixtures/*.json', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** A tensor of a fixture file. */
export interface FixtureTensor {
  shape: number[];
  data: number[];
}

/** Reads a fixture that tools/reference made. */
export function readFixture<T>(name: string): T {
  return JSON.parse(files[`../../tools/reference/fixtures/${name}.json`]) as T;
}

/** The tensor that a fixture describes; the caller disposes of it. */
export function toTensor<T extends Tensor>({ shape, data }: FixtureTensor, dtype?: 'int32'): T {
  return tensor(data, shape, dtype ?? 'float32') as T;
}

/** A tensor's values in the form of a fixture. Asynchronous, because some backends cannot read any other way. */
export async function fromTensor(tensor: Tensor): Promise<FixtureTensor> {
  return { shape: tensor.shape, data: Array.from(await tensor.data()) };
}
