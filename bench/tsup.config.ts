import { defineConfig } from 'tsup';

export default defineConfig({
  // The others are started by their addresses, next to the program.
  entry: {
    main: 'src/main.ts',
    'product-worker': 'src/peak/product-worker.ts',
    'fit-peer': 'src/model-fit/peer.ts',
  },
  format: ['esm'],
  target: 'node20',
  clean: true,
  // Optional, and native.
  external: ['webgpu'],
});
