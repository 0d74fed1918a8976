import { type Backend, BackendMissing } from './backend';

/** tfjs on TensorFlow's C library. */
export async function startTensorflow(): Promise<Backend> {
  throw new BackendMissing('tensorflow', 'It is not there yet.', 'Wait for it.');
}
