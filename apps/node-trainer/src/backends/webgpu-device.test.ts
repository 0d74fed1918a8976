import { expect, it } from 'vitest';
import { nameOf } from './webgpu-device';

it.each([
  ['nvidia-h100-80gb-hbm3', 'NVIDIA H100 80GB HBM3'],
  ['nvidia-geforce-rtx-4090', 'NVIDIA GeForce RTX 4090'],
  ['apple-m1-max', 'Apple M1 Max'],
  ['swiftshader-device-subzero-', 'Swiftshader Device Subzero'],
])('calls the adapter %s %s', (device, name) => {
  expect(nameOf({ device, description: 'driver 1.2', vendor: 'vendor', architecture: '' })).toBe(name);
});

it('calls an adapter that has no name by what is known of it', () => {
  const unknown = { device: '', description: '', vendor: '', architecture: '' };
  expect(nameOf({ ...unknown, description: 'Driver 5.0' })).toBe('Driver 5.0');
  expect(nameOf({ ...unknown, vendor: 'nvidia', architecture: 'hopper' })).toBe('NVIDIA Hopper');
  expect(nameOf(unknown)).toBe('Graphics adapter');
});
