export * from './harmonic-layer';
export * from './initializer';
export { requireInput } from './input';
export * from './periods';
