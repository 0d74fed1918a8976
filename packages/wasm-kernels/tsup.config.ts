import { defineConfig } from 'tsup';
import { library } from '../../tsup.config.base';

export default defineConfig({
  ...library,
  entry: ['src/index.ts', 'src/stock.ts'],
  // Both entries share one registration, in CJS too.
  splitting: true,
});
