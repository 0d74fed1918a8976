import { findBackendFactory, setBackend } from '@tensorflow/tfjs-core';

// Files share their process, and with it the backend. Those that choose none must not get one that an earlier file has
// chosen, or imported without starting it.
if (findBackendFactory('cpu') !== null) await setBackend('cpu');
