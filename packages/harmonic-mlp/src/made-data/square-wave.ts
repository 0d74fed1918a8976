import { functionOf } from './made-dataset';

/** Four periods of a square wave. */
export const squareWave = functionOf('square-wave', 'the sign of sin 4πx', (x) =>
  Math.sign(Math.sin(4 * Math.PI * x)),
);
