import { startBackend } from '../src/backends';

// Before the test's own backends, whose names tfjs-node would otherwise say are taken.
await startBackend({ backend: 'tensorflow', kernels: false, isTried: true });
