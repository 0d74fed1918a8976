import { runSettings } from './run-settings';

/** The names of what is not a setting of a run under its own name. */
const others: { readonly [option: string]: string | undefined } = {
  cache: 'HARMONIC_MLP_DATA',
  directory: '--data-dir',
  downloadDataset: 'data fetch',
  mirrors: '--mirror',
  offline: '--offline',
  transposed: '--transpose',
  'verify: false': '--no-verify',
};

/**
 * The command line's name for an option or a function of the packages; undefined if it has no such option, so that an error's
 * advice to use it is left out.
 */
export function nameOption(name: string): string | undefined {
  const setting = runSettings.find((each) => each.name === name);
  return setting === undefined ? others[name] : `--${setting.flag}`;
}
