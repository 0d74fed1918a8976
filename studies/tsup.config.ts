import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { main: 'src/main.ts', markdown: 'src/markdown/index.ts' },
  format: ['esm'],
  target: 'node20',
  clean: true,
});
