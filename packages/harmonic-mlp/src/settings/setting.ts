import type { SettingType } from '../setting';

/** A setting of an experiment: the values that it accepts, and how it is presented. */
export interface Setting {
  /** Its name in the API and in JSON files: `batchSize`. */
  readonly name: string;
  /** Its name on command lines and in addresses: `batch-size`, as in `--batch-size`. */
  readonly flag: string;
  /** Its group: `model`, `training`, `optimizer`, `schedule`, or one that a program adds. */
  readonly group: string;
  /** Its name in a form. */
  readonly label: string;
  /** The placeholder for its value in help texts: `<n>`. */
  readonly placeholder: string;
  /** What it does, without the default. */
  readonly help: string;
  /** The values that it accepts, and its default. */
  readonly type: SettingType;
  /** The default in words, if that of the type does not say it all. */
  readonly defaultText?: string;
  /** The meanings of its choices, if their names do not say them. */
  readonly explanations?: Readonly<Record<string, string>>;
  /**
   * Whether a resumed run may change it: it is `fixed`, may `change`, or may only `grow`, like the number of epochs.
   */
  readonly onResume: 'fixed' | 'change' | 'grow';
  /** It applies only if another setting, or the task, has one of these values. */
  readonly when?: {
    readonly setting: string;
    readonly is: readonly string[];
    /** The condition in words, if its values do not say it: "if units have periods", "for a regression". */
    readonly text?: string;
  };
}
