import type { Sequence, SequenceGradient } from './recurrent-sequence';

/**
 * An LSTM's gates at each time, of z = x·K + h·R + b in four parts:
 *
 *     i = gate(z₀)   f = gate(z₁)   g = tanh z₂   o = gate(z₃)   c ← f·c + i·g   h ← o·tanh c
 *
 * It keeps i, f, g, o, and c.
 */
export function lstmForward({ passes, sizes, gate, projected, recurrentKernel, h, kept }: Sequence): void {
  const { batch, times, units, row } = sizes;
  const count = batch * units;
  const bytes = 4 * count;
  const fromH = passes.temporary(batch * row);
  const z = passes.temporary(count);
  const [i, f, g, o, c] = [0, 1, 2, 3, 4].map((part) => kept + part * times * bytes);
  const zeros = h;
  for (let time = 0; time < times; time++) {
    const at = time * bytes;
    passes.product(batch, row, units, h + at, recurrentKernel, fromH);
    [i, f, g, o].forEach((part, k) => {
      const column = 4 * k * units;
      passes.addRows(batch, units, projected + 4 * time * batch * row + column, row, fromH + column, row, z);
      if (k === 2) passes.tanh(count, z, part + at);
      else passes.gate(gate, count, z, part + at);
    });
    const before = time === 0 ? zeros : c + at - bytes;
    passes.multiply(count, f + at, before, c + at);
    passes.multiply(count, i + at, g + at, z);
    passes.add(count, c + at, z, c + at);
    passes.tanh(count, c + at, z);
    passes.multiply(count, o + at, z, h + at + bytes);
  }
}

/** The gradient of {@link lstmForward}, from the last time to the first. */
export function lstmBackward({
  passes,
  sizes,
  gate,
  recurrentKernel,
  h,
  kept,
  dh,
  dz,
  dRecurrentKernel,
}: SequenceGradient): void {
  const { batch, times, units, row } = sizes;
  const count = batch * units;
  const bytes = 4 * count;
  const [total, dc, tanhC, d, passed] = [0, 1, 2, 3, 4].map(() => passes.temporary(count));
  const [di, df, dg, d0] = [0, 1, 2, 3].map(() => passes.temporary(count));
  const [first, second] = [0, 1].map(() => passes.temporary(2 * count));
  const [i, f, g, o, c] = [0, 1, 2, 3, 4].map((part) => kept + part * times * bytes);
  const zeros = h;
  passes.clear(count, total);
  passes.clear(count, dc);
  for (let time = times - 1; time >= 0; time--) {
    const at = time * bytes;
    const added = dh(time);
    if (added !== 0) passes.add(count, total, added, total);
    passes.tanh(count, c + at, tanhC);
    passes.multiply(count, total, tanhC, d);
    passes.gateGradient(gate, count, d, o + at, d0);
    passes.multiply(count, total, o + at, d);
    passes.tanhGradient(count, d, tanhC, passed);
    passes.add(count, dc, passed, dc);
    passes.multiply(count, dc, g + at, d);
    passes.gateGradient(gate, count, d, i + at, di);
    passes.multiply(count, dc, i + at, d);
    passes.tanhGradient(count, d, g + at, dg);
    passes.multiply(count, dc, time === 0 ? zeros : c + at - bytes, d);
    passes.gateGradient(gate, count, d, f + at, df);
    passes.multiply(count, dc, f + at, dc);
    const dzHere = dz + 4 * time * batch * row;
    passes.join(batch, units, units, di, df, first);
    passes.join(batch, units, units, dg, d0, second);
    passes.join(batch, 2 * units, 2 * units, first, second, dzHere);
    passes.productWithTransposed(batch, units, row, dzHere, recurrentKernel, total);
  }
  passes.transposedProduct(units, row, times * batch, h, dz, dRecurrentKernel);
}
