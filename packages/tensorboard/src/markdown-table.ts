/** The longest value that is shown whole. */
const longest = 200;

/** A table in Markdown of the names and values in an object of plain JSON; the names in inner objects are paths. */
export function markdownTable(values: object): string {
  const rows = rowsOf(values).map(([name, value]) => `| ${escaped(name)} | ${escaped(value)} |\n`);
  return `| name | value |\n| --- | --- |\n${rows.join('')}`;
}

function rowsOf(values: object, path = ''): [name: string, value: string][] {
  return Object.entries(values).flatMap(([key, value]): [string, string][] => {
    const name = `${path}${key}`;
    if (value === undefined || typeof value === 'function') return [];
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value))
      return rowsOf(value, `${name}.`);
    const text = textOf(value);
    return text === '' ? [] : [[name, shortened(text)]];
  });
}

function textOf(value: unknown): string {
  if (ArrayBuffer.isView(value) || Array.isArray(value))
    return Array.from(value as ArrayLike<unknown>, textOf).join(', ');
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}

const shortened = (text: string) => (text.length <= longest ? text : `${text.slice(0, longest - 1)}…`);

/** A text that Markdown leaves as it is, on one line. */
const escaped = (text: string) =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]>|]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;');
