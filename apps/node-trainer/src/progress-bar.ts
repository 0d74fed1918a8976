import type { Options } from 'cli-progress';
import { errors } from './output';

/** How every progress bar of this program looks and behaves. */
export function progressBarOptions(): Options {
  const { width } = errors;
  return {
    barsize: Math.max(8, Math.min(40, width - (width < 60 ? 32 : 68))),
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
