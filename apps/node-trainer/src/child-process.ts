import { mainFile } from './command-line';

/** The options that have Node wait for a debugger, or open a port for one, which two processes cannot share. */
const inspector = /^--(inspect|debug)(-|=|$)/;
/** Those whose value may be the next word. */
const withValue = /^--(inspect-port|debug-port|inspect-publish-uid)$/;

const withoutInspector = (options: readonly string[]) =>
  options.filter((option, i) => !inspector.test(option) && !(i > 0 && withValue.test(options[i - 1])));

/** The arguments with which Node runs this program in another process, with the same options except a debugger's. */
export const nodeArguments = (...words: string[]): string[] => [
  ...withoutInspector(process.execArgv),
  mainFile,
  ...words,
];

/** The environment for another process: this one's, without a debugger. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, ...environment } = process.env;
  if (NODE_OPTIONS === undefined) return environment;
  const options = withoutInspector(NODE_OPTIONS.split(/\s+/)).filter((option) => option !== '');
  return options.length === 0 ? environment : { ...environment, NODE_OPTIONS: options.join(' ') };
}
