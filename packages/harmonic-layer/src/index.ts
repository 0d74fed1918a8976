export * from './harmonic-layer';
export * from './initializer';
export * from './periods';
