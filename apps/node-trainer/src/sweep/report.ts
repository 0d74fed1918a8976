import type { SettingValues } from 'harmonic-mlp/settings';
import { LiveLines } from '../live-lines';
import { errors, output, printJson } from '../output';
import type { Measure } from '../scoring';
import type { TrialProgress } from './trial';

/** A trial as people see it. */
export interface ShownTrial {
  id: string;
  /** The values of its axes: `lr 0.001, activation relu`. */
  label: string;
  values: SettingValues;
  seed: number;
}

/** How a trial ended. */
export interface TrialEnd {
  state: 'finished' | 'pruned' | 'failed';
  score?: number;
  epoch?: number;
  seconds?: number;
  message?: string;
}

/** How far a sweep is. */
export interface SweepState {
  /** The trials that have ended. */
  done: number;
  failed: number;
  /** All trials, where it is known. */
  total?: number;
  /** The best mean so far, with its configuration. */
  best?: { label: string; text: string };
}

/** Shows a sweep as it goes on. */
export interface SweepReport {
  warn(text: string): void;
  started(trial: ShownTrial): void;
  progress(trial: ShownTrial, progress: TrialProgress): void;
  ended(trial: ShownTrial, end: TrialEnd, state: SweepState): void;
  /** Only what follows remains. */
  close(): void;
}

/** One JSON object per line on standard output, for each trial that ends. */
export class JsonSweepReport implements SweepReport {
  warn(text: string): void {
    errors.say(text);
  }

  started(): void {}
  progress(): void {}

  ended({ id, values, seed }: ShownTrial, end: TrialEnd): void {
    printJson({ event: 'trial', trial: id, values, seed, ...end });
  }

  close(): void {}
}

/** A line for each trial that ends, and a table of those that are being trained. */
export class TerminalSweepReport implements SweepReport {
  readonly #measure: Measure;
  readonly #live = new LiveLines();
  readonly #running = new Map<string, { trial: ShownTrial; progress?: TrialProgress }>();
  readonly #begun = performance.now();
  #state: SweepState = { done: 0, failed: 0 };
  #doneBefore: number;

  /** @param state how far it was when it was resumed. */
  constructor(measure: Measure, state: SweepState) {
    this.#measure = measure;
    this.#state = state;
    this.#doneBefore = state.done;
  }

  warn(text: string): void {
    this.#live.clear();
    errors.say(text, 2);
    this.#show();
  }

  started(trial: ShownTrial): void {
    this.#running.set(trial.id, { trial });
    this.#show();
  }

  progress(trial: ShownTrial, progress: TrialProgress): void {
    this.#running.set(trial.id, { trial, progress });
    this.#show();
  }

  ended(trial: ShownTrial, { state, score, epoch, message }: TrialEnd, sweep: SweepState): void {
    this.#running.delete(trial.id);
    this.#state = sweep;
    this.#live.clear();
    const { dim } = output.colors;
    const place = `${trial.label}${trial.label === '' ? '' : ', '}seed ${trial.seed}`;
    const what =
      state === 'failed'
        ? `failed: ${message}`
        : `${this.#measure.text(score)}${state === 'pruned' ? `, pruned after epoch ${epoch}` : ''}`;
    const line = `${this.#counts()}  ${place}: ${what}`;
    output.say(state === 'finished' ? line : dim(line), 2);
    this.#show();
  }

  close(): void {
    this.#live.clear();
  }

  #counts(): string {
    const { done, total } = this.#state;
    const most = String(total ?? done);
    return total === undefined ? String(done) : `${String(done).padStart(most.length)}/${most}`;
  }

  #show(): void {
    this.#live.update(() => this.#lines());
  }

  #lines(): string[] {
    const { done, failed, total, best } = this.#state;
    const width = errors.width - 1;
    const cut = (line: string) => (line.length <= width ? line : `${line.slice(0, width - 1)}…`);
    const { dim } = errors.colors;
    const left = this.#timeLeft();
    const head = [
      `${done}${total === undefined ? '' : ` of ${total}`} trials`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(left === undefined ? [] : [left]),
    ].join(', ');
    return [
      '',
      cut(head),
      ...(best === undefined ? [] : [cut(`best so far: ${best.text}  ${best.label}`)]),
      ...[...this.#running.values()].map(({ trial: { id, label, seed }, progress }) => {
        const text = this.#measure.text(progress?.score ?? undefined);
        const bar = progress === undefined ? 'starting' : `${barOf(progress)}  ${text}`;
        return dim(cut(`${id.padEnd(8)} ${bar}  ${label}${label === '' ? '' : ', '}seed ${seed}`));
      }),
    ];
  }

  /** The time for the other trials, at the rate so far: "12 min left". */
  #timeLeft(): string | undefined {
    const { done, total } = this.#state;
    const since = done - this.#doneBefore;
    if (total === undefined || since === 0 || done === total) return undefined;
    const seconds = ((performance.now() - this.#begun) / 1000 / since) * (total - done);
    if (seconds < 90) return `about ${Math.ceil(seconds)} s left`;
    return seconds < 5400
      ? `about ${Math.round(seconds / 60)} min left`
      : `about ${(seconds / 3600).toFixed(1)} h left`;
  }
}

const barWidth = 12;

function barOf({ epoch, epochs }: TrialProgress): string {
  const filled = Math.round((barWidth * epoch) / epochs);
  return `${'━'.repeat(filled)}${'─'.repeat(barWidth - filled)} ${epoch}/${epochs}`;
}
