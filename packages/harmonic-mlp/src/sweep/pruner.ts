/** Decides which trials go on. The less a loss, the better; an infinite one is worse than all others, and ends its trial. */
export interface Pruner {
  /** Whether a trial goes on, given its loss after an epoch; called for each epoch that it reports, in order. */
  goesOn(trial: string, epoch: number, loss: number): boolean;
  /** A trial has been trained to its end. */
  complete(trial: string): void;
}
