import type { WriteBytes } from './event-writer';

/** Where the event file of a run goes. */
export interface EventSink {
  /** Before a run starts; what it throws ends the run before its first step. */
  open?(): void | Promise<void>;
  /**
   * Takes bytes of the file, in their order; each call has whole records. If it throws, it should keep none of them: they are
   * given again later.
   */
  write: WriteBytes;
  /** When the run has ended. */
  close?(): void | Promise<void>;
}
