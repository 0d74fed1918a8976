import { defineConfig } from 'tsup';
import { library } from '../../tsup.config.base';

export default defineConfig([
  {
    ...library,
    entry: ['src/index.ts', 'src/stock.ts'],
    // Both entries share one registration, in CJS too.
    splitting: true,
    // The other build runs at the same time.
    clean: ['!stock.global.js'],
  },
  {
    // For pages without a bundler, whose scripts share one `tf`: a single file, with core in it.
    entry: ['src/stock.ts'],
    format: 'iife',
    globalName: 'wasmKernels',
    target: library.target,
    minify: true,
    noExternal: [/^@harmonic-mlp\//],
    esbuildPlugins: [
      {
        name: 'the tf of the page',
        setup(build) {
          build.onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, ({ path }) => ({
            path,
            namespace: 'page',
          }));
          build.onLoad({ filter: /.*/, namespace: 'page' }, () => ({ contents: 'module.exports = tf;' }));
        },
      },
    ],
  },
]);
