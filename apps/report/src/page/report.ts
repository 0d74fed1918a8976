import type { ComponentChildren } from 'preact';
import type { Chart } from '../charts';

/** What a page shows. */
export interface Report {
  title: string;
  /** A line below the title. */
  subtitle: string;
  /** Where the files are. */
  place: string;
  /** Sentences about files that are missing or damaged. */
  problems: readonly string[];
  /** The charts in the body, each by its name. */
  charts: readonly Chart[];
  body: ComponentChildren;
}
