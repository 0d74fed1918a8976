import { checkerboard } from './checkerboard';
import { chirp } from './chirp';
import type { MadeDataset } from './made-dataset';
import { parabola } from './parabola';
import { spirals } from './spirals';
import { squareWave } from './square-wave';
import { waves } from './waves';

/** The data sets made by formula, by name. */
export const madeDatasets: { readonly [name: string]: MadeDataset } = {
  waves,
  chirp,
  'square-wave': squareWave,
  parabola,
  spirals,
  checkerboard,
};
