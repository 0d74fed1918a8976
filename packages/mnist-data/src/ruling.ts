import type { WorkingImage } from './resample';

/**
 * The maximum thickness of ruled lines, as a fraction of the longer side of the image, and how much of their length is
 * visible.
 */
const thinLine = 0.015;
const lineInk = 0.85;

/** Erases thin straight lines from border to border if there are several, as on ruled or graph paper. */
export function eraseRuling(depth: Float32Array, threshold: number, { rows, columns }: WorkingImage): void {
  const thin = Math.ceil(thinLine * Math.max(rows, columns));
  const erase = (lines: number, length: number, index: (line: number, at: number) => number) => {
    const isFull = Array.from({ length: lines }, (_, line) => {
      let inked = 0;
      for (let at = 0; at < length; at++) inked += Number(depth[index(line, at)] > threshold);
      const ends = [0, length - 1].every((at) => depth[index(line, at)] > threshold);
      return ends && inked >= lineInk * length;
    });
    const found: [start: number, end: number][] = [];
    for (let start = 0; start < lines; start++) {
      if (!isFull[start]) continue;
      let end = start;
      while (isFull[end]) end++;
      if (end - start <= thin && start > thin && end < lines - thin) found.push([start, end]);
      start = end;
    }
    if (found.length < 2) return;
    for (const [start, end] of found) {
      for (let at = 0; at < length; at++) {
        // A stroke that crosses the line stays.
        const isStroke = [start - 3, end + 2].every((line) => depth[index(line, at)] > threshold);
        // Including its soft edges.
        for (let line = start - 2; line < end + 2 && !isStroke; line++) depth[index(line, at)] = 0;
      }
    }
  };
  const original = depth.slice();
  erase(rows, columns, (row, column) => row * columns + column);
  const erased = depth.slice();
  depth.set(original);
  erase(columns, rows, (column, row) => row * columns + column);
  for (let i = 0; i < depth.length; i++) depth[i] = Math.min(depth[i], erased[i]);
}
