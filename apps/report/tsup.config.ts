import { defineConfig } from 'tsup';

export default defineConfig([
  {
    entry: ['src/main.ts'],
    format: ['esm'],
    target: 'node20',
    sourcemap: true,
    clean: ['!page/**'],
    // Its modules are many, and written for bundlers.
    noExternal: ['echarts', 'zrender', 'tslib'],
    define: { 'process.env.NODE_ENV': '"production"' },
  },
  {
    // What a report contains: a script, which runs from a file, and styles.
    entry: { script: 'src/browser/page.ts', style: 'src/browser/style.css' },
    outDir: 'dist/page',
    format: ['iife'],
    clean: true,
    outExtension: () => ({ js: '.js' }),
    target: 'es2020',
    platform: 'browser',
    minify: true,
    noExternal: [/./],
    define: { 'process.env.NODE_ENV': '"production"' },
  },
]);
