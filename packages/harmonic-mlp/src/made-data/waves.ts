import { functionOf } from './made-dataset';

/** A fast wave on a slope. */
export const waves = functionOf('waves', 'sin 25x + x/2', (x) => Math.sin(25 * x) + x / 2);
