/** What the packages call their parameters, and what the command line does. */
const optionNames: [RegExp, string][] = [
  [/\bbatchSize\b/g, '--batch-size'],
  [/\bbaseFreq\b/g, '--base-freq'],
  [/\bmaxFreq\b/g, '--max-freq'],
  [/(?<!-)\b(hidden|validation) is\b/g, '--$1 is'],
  [/\bverify: false\b/g, '--no-verify'],
  [/\b(Correct|leave|as|another) directory\b/g, '$1 --data-dir'],
  [/\bGive another folder as cache, or name one by\b/g, 'Name another folder by'],
  [/ Raise maxBytes if you trust the file\./g, ''],
  [/\boffline forbids\b/g, '--offline forbids'],
  [/\bwithout offline, call downloadDataset,/g, 'without --offline, fetch it with data fetch,'],
];

/** An error message of the packages in the terms of the command line. */
export function commandLineTerms(message: string): string {
  return optionNames.reduce((text, [parameter, option]) => text.replace(parameter, option), message);
}
