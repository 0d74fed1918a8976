import type { SettingType } from '../setting';

/** One setting of an experiment: what it takes, and how people see it. */
export interface Setting {
  /** What the API and JSON files call it: `batchSize`. */
  readonly name: string;
  /** What command lines and addresses call it: `batch-size`, as `--batch-size`. */
  readonly flag: string;
  /** What it is about: `model`, `training`, `optimizer`, `schedule`; a program has groups of its own besides. */
  readonly group: string;
  /** What a form calls it. */
  readonly label: string;
  /** What stands for its value in a help text: `<n>`. */
  readonly placeholder: string;
  /** What it does, in a sentence without its default. */
  readonly help: string;
  /** What it takes, and what it is by default. */
  readonly type: SettingType;
  /** The default in words, where the type's own does not say it all. */
  readonly defaultText?: string;
  /** What its choices mean, where their names do not say it. */
  readonly explanations?: Readonly<Record<string, string>>;
  /**
   * What becomes of it when a run goes on: it is `fixed` by what was saved, may `change`, or, as the number of epochs, may
   * only `grow`.
   */
  readonly onResume: 'fixed' | 'change' | 'grow';
  /** It is of use only where another setting has one of these values. */
  readonly when?: { readonly setting: string; readonly is: readonly string[] };
}
