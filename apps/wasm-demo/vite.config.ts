import { defineConfig } from 'vite';

export default defineConfig({
  // Addresses relative to the page, so that any folder of any host can serve it.
  base: './',
  publicDir: 'generated/public',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    // What has WebAssembly SIMD, modules in workers and DecompressionStream.
    target: ['chrome91', 'edge91', 'firefox114', 'safari16.4'],
    // What is smaller would go into the page as base64, which some hosts' content security policies forbid for WebAssembly.
    assetsInlineLimit: 0,
  },
});
