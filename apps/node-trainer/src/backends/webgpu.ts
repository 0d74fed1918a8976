import { type Backend, BackendMissing } from './backend';

/** tfjs on the graphics card, through WebGPU. */
export async function startWebgpu(): Promise<Backend> {
  throw new BackendMissing('webgpu', 'It is not there yet.', 'Wait for it.');
}
