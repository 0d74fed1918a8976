/** The known name that is at most two typos away or spells the same words differently; undefined if there is none. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '');
  const letters = plain(name);
  const ranked = known
    .map((each) => ({ each, edits: editsBetween(letters, plain(each)) }))
    .sort((a, b) => a.edits - b.edits);
  return ranked.length > 0 && ranked[0].edits <= Math.min(2, name.length / 3) ? ranked[0].each : undefined;
}

/** The Damerau–Levenshtein distance: letters inserted, deleted, replaced, or swapped with a neighbor; infinite if it is over 2. */
function editsBetween(a: string, b: string): number {
  // A name may be as long as a file.
  if (Math.abs(a.length - b.length) > 2) return Infinity;
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + Number(a[i - 1] !== b[j - 1]);
      let least = Math.min(replaced, rows[i - 1][j] + 1, rows[i][j - 1] + 1);
      // Before the first letter, the index gives undefined, which equals no letter.
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, rows[i - 2][j - 2] + 1);
      rows[i].push(least);
    }
  }
  return rows[a.length][b.length];
}
