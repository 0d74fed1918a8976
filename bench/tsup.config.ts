import { defineConfig } from 'tsup';

export default defineConfig({
  // The worker is loaded by its address, next to the program.
  entry: { main: 'src/main.ts', 'product-worker': 'src/peak/product-worker.ts' },
  format: ['esm'],
  target: 'node20',
  clean: true,
  // Optional, and native.
  external: ['webgpu'],
});
