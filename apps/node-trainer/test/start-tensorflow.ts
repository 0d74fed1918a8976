import { enableProdMode } from '@tensorflow/tfjs-core';
import { startTensorflow } from '../src/backends/tensorflow';

// Before the test's own backends, whose names tfjs-node would otherwise say are taken.
enableProdMode();
await startTensorflow();
