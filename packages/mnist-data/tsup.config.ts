import { defineConfig } from 'tsup';
import { library } from '../../tsup.config.base';

export default defineConfig({
  ...library,
  entry: [
    'src/index.ts',
    'src/datasets.ts',
    'src/browser.ts',
    'src/drawing.ts',
    'src/augmentation.ts',
    'src/augmentation-worker.ts',
    'src/node.ts',
  ],
  // All entries share one LabeledDataset, in CJS too.
  splitting: true,
  removeNodeProtocol: false,
  esbuildOptions(options, { format }) {
    // Not tsup's shim, which would run in the chunk that browsers load too.
    if (format === 'cjs') options.define = { ...options.define, 'import.meta.url': '__filename' };
  },
});
