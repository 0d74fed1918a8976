import { availableParallelism } from 'node:os';
import { counted } from '../counted';
import { TrainerError } from '../errors';

/** How many trials are trained at once, and on how many threads each. */
export interface Share {
  jobs: number;
  threads: number;
}

/**
 * Shares the cores of this machine among trials; what is not given follows from the other.
 *
 * @param most there are no more trials than this; default: any number.
 * @throws {TrainerError} `INVALID_ARGUMENT` for more threads in all than there are cores.
 */
export function shareOf(given: Partial<Share>, most = Number.POSITIVE_INFINITY): Share {
  const cores = availableParallelism();
  const usual = Math.max(1, Math.floor(cores / (given.threads ?? 1)));
  const jobs = Math.max(1, Math.min(given.jobs ?? usual, most));
  const threads = given.threads ?? Math.max(1, Math.floor(cores / jobs));
  if (jobs * threads <= cores) return { jobs, threads };
  throw new TrainerError('INVALID_ARGUMENT', {
    argument: given.jobs === undefined ? '--threads' : '--jobs',
    problem: `${counted(jobs, 'trial')} at once with ${counted(threads, 'thread')} each need ${jobs * threads} cores, and this machine has ${cores}.`,
    fix: 'Use fewer --jobs or --threads.',
  });
}
