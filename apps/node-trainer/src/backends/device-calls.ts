import type { DeviceCalls } from './backend';

/** Counts what a device is told to do from now on; returns the counts so far. */
export function countCalls(device: GPUDevice): () => DeviceCalls {
  const counts: DeviceCalls = { dispatches: 0, uploads: 0, submissions: 0 };
  const count = <T extends object, M extends keyof T>(
    object: T,
    method: M,
    note: (given: unknown[]) => void,
  ) => {
    const original = object[method] as (...given: unknown[]) => unknown;
    Object.defineProperty(object, method, {
      configurable: true,
      value: (...given: unknown[]) => {
        note(given);
        return original.apply(object, given);
      },
    });
  };
  count(device.queue, 'submit', () => counts.submissions++);
  count(device.queue, 'writeBuffer', () => counts.uploads++);
  count(device, 'createBuffer', ([descriptor]) => {
    if ((descriptor as GPUBufferDescriptor).mappedAtCreation) counts.uploads++;
  });
  // Encoders and passes are made again and again.
  const createCommandEncoder = device.createCommandEncoder.bind(device);
  device.createCommandEncoder = (given) => {
    const encoder = createCommandEncoder(given);
    const beginComputePass = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (descriptor) => {
      const pass = beginComputePass(descriptor);
      count(pass, 'dispatchWorkgroups', () => counts.dispatches++);
      return pass;
    };
    return encoder;
  };
  return () => ({ ...counts });
}
