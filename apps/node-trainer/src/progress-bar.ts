import type { Options } from 'cli-progress';
import { errors } from './output';

/** The look and behavior of every progress bar of this program. */
export function progressBarOptions(): Options {
  const { width } = errors;
  return {
    barsize: Math.max(8, Math.min(40, width - (width < 60 ? 32 : 68))),
    barCompleteChar: '━',
    barIncompleteChar: '─',
    clearOnComplete: true,
    hideCursor: true,
    linewrap: false,
    // Otherwise cli-progress installs its own Ctrl-C handler.
    gracefulExit: false,
    fps: 8,
  };
}
