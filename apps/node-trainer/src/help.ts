import type { Command, Help, HelpConfiguration, Option } from 'commander';
import { output } from './output';
import { wrapped } from './wrapped';

/** The fewest characters for a description beside its term; on a narrower terminal it stands below. */
const leastBeside = 30;
const indent = '  ';

/** The layout of help texts, which fits terminals from 40 columns. */
export const helpLayout: HelpConfiguration = {
  sortSubcommands: false,
  showGlobalOptions: false,
  minWidthToWrap: 12,

  /** The text names the choices itself; lines that explain them follow the default. */
  optionDescription(option: Option): string {
    const [text, ...lines] = option.description.split('\n');
    const { defaultValue, defaultValueDescription, required } = option;
    const hasDefault = required && defaultValue !== undefined;
    return [
      hasDefault ? `${text} (default: ${defaultValueDescription ?? defaultValue})` : text,
      ...lines,
    ].join('\n');
  },

  formatItem(term: string, termWidth: number, description: string, helper: Help): string {
    const width = helper.helpWidth ?? 80;
    const left = indent.length + termWidth + indent.length;
    const isBeside = width - left >= leastBeside;
    const margin = isBeside ? left : 3 * indent.length;
    const [first, ...others] = wrapped(description, width - margin).split('\n');
    if (first === '') return indent + term;
    const head = isBeside
      ? `${(indent + term).padEnd(left)}${first}`
      : `${indent}${term}\n${' '.repeat(margin)}${first}`;
    return [head, ...others.map((line) => ' '.repeat(margin) + line)].join('\n');
  },
};

/** Adds a paragraph at the end of a command's help. */
export const addHelpNote = (command: Command, text: string): Command =>
  command.addHelpText('after', () => `\n${wrapped(text, output.width)}`);
