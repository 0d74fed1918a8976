import type { MarkdownTable } from '../markdown';

/** What a study is given. */
export interface Setting {
  /** The number of seeds for each figure. */
  readonly seeds: number;
  /** Whether to do as little as shows that everything works; the figures then mean nothing. */
  readonly quick: boolean;
  /** Whether to train nothing, and report what was trained before. Default: no. */
  readonly reportOnly?: boolean;
  /** Reports what is being trained. */
  readonly onProgress: (where: string) => void;
}

/** What a study found. */
export interface Findings {
  /** The tables, by the names of their markers in the document: `<!-- study:NAME -->`. */
  readonly tables: { readonly [marker: string]: MarkdownTable };
  /** Tables of the README, likewise. */
  readonly readmeTables?: Findings['tables'];
  /** All figures that the tables summarize, plain JSON. */
  readonly figures: unknown;
  /** The number of seeds of results that were trained before. Default: that of the setting. */
  readonly seeds?: number;
}

/** A question that is answered by training networks. */
export interface Study {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** About how long it takes with the default number of seeds on two cores. */
  readonly duration: string;
  /** The number of seeds of the figures in the documents. Default 5. */
  readonly seeds?: number;
  /** The file in the folder docs that has the markers of the tables. */
  readonly document: string;
  /** Whether the study says which seeds it takes, so that their number cannot be chosen. */
  readonly hasOwnSeeds?: boolean;
  run(setting: Setting): Promise<Findings>;
  /** Keeps what was found with so many seeds, to be reported again. Default: the study has kept it as it went on. */
  keep?(findings: Findings, seeds: number): Promise<void>;
}
