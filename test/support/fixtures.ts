import { readFileSync } from 'node:fs';
import { type Tensor, tensor } from '@tensorflow/tfjs-core';

/** A tensor of a fixture file. */
export interface FixtureTensor {
  shape: number[];
  data: number[];
}

/** Reads a fixture that tools/reference made with PyTorch. */
export function readFixture<T>(name: string): T {
  return JSON.parse(
    readFileSync(new URL(`../../tools/reference/fixtures/${name}.json`, import.meta.url), 'utf8'),
  ) as T;
}

/** The tensor that a fixture describes; the caller disposes it. */
export function toTensor<T extends Tensor>({ shape, data }: FixtureTensor, dtype?: 'int32'): T {
  return tensor(data, shape, dtype ?? 'float32') as T;
}
