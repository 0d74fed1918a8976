import { defineConfig } from 'vite';

export default defineConfig({
  // Addresses relative to the page, so that it can be served from any folder of any host.
  base: './',
  publicDir: 'generated/public',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    // Browsers with WebAssembly SIMD, module workers, and DecompressionStream.
    target: ['chrome91', 'edge91', 'firefox114', 'safari16.4'],
    // Smaller files would be inlined in the page as base64, which some hosts' content security policies forbid for
    // WebAssembly.
    assetsInlineLimit: 0,
  },
});
