import { defineConfig } from 'tsup';
import { library } from '../../tsup.config.base';

export default defineConfig({
  ...library,
  entry: { index: 'src/index.ts', settings: 'src/settings/index.ts' },
  // Both entries share one model.
  splitting: true,
});
