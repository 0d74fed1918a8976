import type { FourierEncoding } from './encoding';

/** The positional encoding of NeRF (Mildenhall et al., 2020): `sin 2^j·π·x` and `cos 2^j·π·x` of each input for j = 0, 1, … */
export const positional: FourierEncoding<'octaves'> = {
  name: 'positional',
  summary: 'half a cycle per unit and its octaves, for each input by itself',
  hyperparameters: {
    octaves: {
      summary: 'the number of frequencies of each input',
      default: 6,
      integer: true,
      min: 1,
      max: 24,
    },
  },
  featuresOf: (inputs, { octaves }) => inputs * octaves,
  frequenciesOf(inputs, { octaves }) {
    const features = inputs * octaves;
    const frequencies = new Float32Array(inputs * features);
    for (let i = 0; i < inputs; i++)
      for (let j = 0; j < octaves; j++) frequencies[i * features + i * octaves + j] = 2 ** (j - 1);
    return frequencies;
  },
};
