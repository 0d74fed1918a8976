/** The colors of charts on a page. */
export interface Theme {
  background: string;
  text: string;
  soft: string;
  line: string;
  /** Okabe and Ito's, which color-blind readers can tell apart, in the shades that stand out from the background. */
  palette: readonly string[];
  /** From the least to the greatest value. */
  ramp: readonly string[];
  best: string;
}

export const light: Theme = {
  background: '#ffffff',
  text: '#1c2430',
  soft: '#566273',
  line: '#dde2e9',
  palette: ['#0072b2', '#d55e00', '#00825f', '#b0508a', '#8a6100', '#2b8fc7', '#4a4a4a'],
  ramp: ['#d7e3f4', '#8db4e2', '#3f7fc4', '#164a87'],
  best: '#d55e00',
};

export const dark: Theme = {
  background: '#1a1f27',
  text: '#e7ebf0',
  soft: '#a3aebc',
  line: '#353e4a',
  palette: ['#56b4e9', '#f08c3a', '#2fc79a', '#e39ac5', '#e6c229', '#8fa8ff', '#c9ced6'],
  ramp: ['#263a52', '#2f6299', '#5b9bd8', '#bcdcff'],
  best: '#f08c3a',
};

/** A color between those of a ramp. @param share 0 for the first to 1 for the last. */
export function between(ramp: readonly string[], share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (ramp.length - 1);
  const [from, to] = [ramp[Math.floor(place)], ramp[Math.ceil(place)]];
  const mixed = [1, 3, 5].map((i) => {
    const [a, b] = [from, to].map((color) => Number.parseInt(color.slice(i, i + 2), 16));
    return Math.round(a + (b - a) * (place % 1))
      .toString(16)
      .padStart(2, '0');
  });
  return `#${mixed.join('')}`;
}
