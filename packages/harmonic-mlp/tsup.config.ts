import { defineConfig } from 'tsup';
import { library } from '../../tsup.config.base';

export default defineConfig({
  ...library,
  entry: {
    index: 'src/index.ts',
    'made-data': 'src/made-data/index.ts',
    settings: 'src/settings/index.ts',
    sweep: 'src/sweep/index.ts',
  },
  // The entries share one model.
  splitting: true,
});
