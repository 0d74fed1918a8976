import type { HarmonicMLP } from 'harmonic-mlp';

/** Numbers with as many digits as a drawing needs. */
export const toDraw = (values: ArrayLike<number>): number[] =>
  Array.from(values, (value) => Number(value.toPrecision(5)));

/** What a network gives for each input, one after another. */
export async function predictions(model: HarmonicMLP, inputs: number[][]): Promise<Float32Array> {
  const outputs = model.predict(inputs);
  const values = await outputs.data<'float32'>();
  outputs.dispose();
  return values;
}
