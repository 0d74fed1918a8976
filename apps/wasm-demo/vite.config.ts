import { defineConfig } from 'vite';

/** Without these, a page has no shared memory, and a step one thread. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  server: { headers },
  preview: { headers },
  // Addresses relative to the page, so that it can be served from any folder of any host.
  base: './',
  publicDir: 'generated/public',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    // Browsers with WebAssembly SIMD, module workers, and DecompressionStream. Chrome and Edge have these, and the syntax used
    // here, since 91. For versions before 98, which cannot define static fields called `name` or `length`, Vite would turn every
    // private field into a WeakMap, which is slower and takes 9 kB more to download.
    target: ['chrome98', 'edge98', 'firefox114', 'safari16.4'],
    // Smaller files would be inlined in the page as base64, which some hosts' content security policies forbid for
    // WebAssembly.
    assetsInlineLimit: 0,
    // The page's only other part has nothing to preload.
    modulePreload: false,
  },
});
