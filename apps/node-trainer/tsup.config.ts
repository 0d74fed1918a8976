import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

export default defineConfig({
  entry: ['src/main.ts', 'src/index.ts'],
  format: ['esm'],
  target: 'node20',
  sourcemap: true,
  clean: true,
  external: Object.keys(optionalDependencies),
});
