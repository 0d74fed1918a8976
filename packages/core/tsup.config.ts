import { defineConfig } from 'tsup';
import { library } from '../../tsup.config.base';

export default defineConfig({
  ...library,
  entry: { index: 'src/index.ts', program: 'src/program/index.ts' },
  // Both entries share what they know of operations and keys, in CJS too.
  splitting: true,
});
