import type { Sequence, SequenceGradient } from './recurrent-sequence';

/**
 * A GRU's gates at each time, of z = x·K + b in three parts and R in two, of its gates R₁ and of its candidate R₂:
 *
 *     u = gate(z₀ + h·R₁)   r = gate(z₁ + h·R₁)   n = tanh(z₂ + (r·h)·R₂)   h ← n + u·(h − n)
 *
 * It keeps u, r, n, and r·h.
 */
export function gruForward({ passes, sizes, gate, projected, recurrentKernel, h, kept }: Sequence): void {
  const { batch, times, units, row } = sizes;
  const count = batch * units;
  const bytes = 4 * count;
  const ofGates = passes.temporary(2 * units * units);
  const ofCandidate = passes.temporary(units * units);
  passes.split(units, 2 * units, units, recurrentKernel, ofGates, ofCandidate);
  const fromH = passes.temporary(2 * count);
  const z = passes.temporary(count);
  const [u, r, n, rh] = [0, 1, 2, 3].map((part) => kept + part * times * bytes);
  for (let time = 0; time < times; time++) {
    const at = time * bytes;
    const zHere = projected + 4 * time * batch * row;
    passes.product(batch, 2 * units, units, h + at, ofGates, fromH);
    [u, r].forEach((part, k) => {
      passes.addRows(batch, units, zHere + 4 * k * units, row, fromH + 4 * k * units, 2 * units, z);
      passes.gate(gate, count, z, part + at);
    });
    passes.multiply(count, r + at, h + at, rh + at);
    passes.product(batch, units, units, rh + at, ofCandidate, fromH);
    passes.addRows(batch, units, zHere + 8 * units, row, fromH, units, z);
    passes.tanh(count, z, n + at);
    passes.subtract(count, h + at, n + at, z);
    passes.multiply(count, u + at, z, z);
    passes.add(count, n + at, z, h + at + bytes);
  }
}

/** The gradient of {@link gruForward}, from the last time to the first. */
export function gruBackward({
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
  const ofGates = passes.temporary(2 * units * units);
  const ofCandidate = passes.temporary(units * units);
  passes.split(units, 2 * units, units, recurrentKernel, ofGates, ofCandidate);
  const [total, d, du, dr, dn, drh] = [0, 1, 2, 3, 4, 5].map(() => passes.temporary(count));
  const dGates = passes.temporary(2 * count);
  const [u, r, n, rh] = [0, 1, 2, 3].map((part) => kept + part * times * bytes);
  passes.clear(count, total);
  for (let time = times - 1; time >= 0; time--) {
    const at = time * bytes;
    const added = dh(time);
    if (added !== 0) passes.add(count, total, added, total);
    passes.subtract(count, h + at, n + at, d);
    passes.multiply(count, total, d, d);
    passes.gateGradient(gate, count, d, u + at, du);
    // What goes on to the time before, and what does not.
    passes.multiply(count, total, u + at, d);
    passes.subtract(count, total, d, total);
    passes.tanhGradient(count, total, n + at, dn);
    passes.productWithTransposed(batch, units, units, dn, ofCandidate, drh);
    passes.multiply(count, drh, r + at, total);
    passes.add(count, total, d, d);
    passes.multiply(count, drh, h + at, drh);
    passes.gateGradient(gate, count, drh, r + at, dr);
    passes.join(batch, units, units, du, dr, dGates);
    passes.join(batch, 2 * units, units, dGates, dn, dz + 4 * time * batch * row);
    passes.productWithTransposed(batch, units, 2 * units, dGates, ofGates, total);
    passes.add(count, total, d, total);
  }
  const all = times * batch;
  const dOfGates = passes.temporary(2 * all * units);
  const dOfCandidate = passes.temporary(all * units);
  passes.split(all, 2 * units, units, dz, dOfGates, dOfCandidate);
  // These are not needed any more, so the gradients of the two parts of R take their places.
  passes.transposedProduct(units, 2 * units, all, h, dOfGates, ofGates);
  passes.transposedProduct(units, units, all, rh, dOfCandidate, ofCandidate);
  passes.join(units, 2 * units, units, ofGates, ofCandidate, dRecurrentKernel);
}
