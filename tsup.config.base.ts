import type { Options } from 'tsup';

/** The build configuration of every published package: ESM and CJS, each with its own declarations. */
export const library: Options = {
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'es2022',
  dts: true,
  sourcemap: true,
  clean: true,
};
