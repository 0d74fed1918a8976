import { defineConfig } from 'tsup';
import { library } from '../../tsup.config.base';

export default defineConfig({
  ...library,
  entry: ['src/index.ts', 'src/node.ts'],
  removeNodeProtocol: false,
});
