import type { Options } from 'cli-progress';

/** How every progress bar of this program looks and behaves. */
export function progressBarOptions(): Options {
  const width = process.stderr.columns ?? 80;
  return {
    barsize: Math.max(10, Math.min(40, width - (width < 60 ? 16 : width < 90 ? 56 : 70))),
    barCompleteChar: '━',
    barIncompleteChar: '─',
    clearOnComplete: true,
    hideCursor: true,
    linewrap: false,
    // cli-progress would otherwise install its own Ctrl-C handler.
    gracefulExit: false,
    fps: 8,
  };
}
