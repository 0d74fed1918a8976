import { HarmonicError } from '@harmonic-mlp/core';

/**
 * Checks that all options have names that are known; those that are undefined or null ask for nothing.
 *
 * @param refused options that are known, but cannot be followed, and why.
 * @throws {HarmonicError} `INVALID_ARGUMENT`, naming the option, and the known one that is nearest.
 */
export function requireKnown(
  taker: string,
  options: object,
  known: readonly string[],
  refused: { readonly [name: string]: string } = {},
): void {
  for (const [name, value] of Object.entries(options)) {
    if (known.includes(name) || value == null) continue;
    if (Object.hasOwn(refused, name)) {
      throw new HarmonicError('INVALID_ARGUMENT', `${taker} cannot follow ${name}: ${refused[name]}`);
    }
    const near = nearest(name, known);
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `${taker} has no option ${JSON.stringify(name)}.${near === undefined ? ` It takes ${known.join(', ')}.` : ` Did you mean ${near}?`}`,
    );
  }
}

/** The name that is at most two slips of the pen away, or another spelling of the same words. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '');
  const ranked = known
    .map((each) => ({ each, slips: slipsBetween(plain(name), plain(each)) }))
    .sort((a, b) => a.slips - b.slips);
  return ranked[0].slips <= Math.min(2, name.length / 3) ? ranked[0].each : undefined;
}

/** The letters to insert, delete, replace, or exchange with their neighbour, to make one word of the other. */
function slipsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + Number(a[i - 1] !== b[j - 1]);
      let least = Math.min(replaced, rows[i - 1][j] + 1, rows[i][j - 1] + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, rows[i - 2][j - 2] + 1);
      rows[i].push(least);
    }
  }
  return rows[a.length][b.length];
}
