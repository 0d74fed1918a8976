import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { publishedPackages } from './published-packages';

export interface DocstringExample {
  /** A file name, such as `mnist-data-node-loadDataset`. */
  name: string;
  /** A complete program. */
  code: string;
}

/** The names that examples can use without importing them: see consumer/example-context.mts. */
const context = ['canvas', 'layer', 'loss', 'model', 'optimizer', 'test', 'tf', 'train'];

/**
 * The `@example`s of everything that the packages in a project's node_modules export. An example has access to the exports of
 * its entry, the names in {@link context}, and its own imports. `value; // => 1` specifies what the value looks like in Node.
 */
export function docstringExamples(project: string): DocstringExample[] {
  const entries = publishedPackages.flatMap(({ name, entries }) =>
    entries.map(({ specifier, files }) => ({
      specifier,
      types: join(project, 'node_modules', name, files.import.types),
    })),
  );
  const program = ts.createProgram(
    entries.map(({ types }) => types),
    { module: ts.ModuleKind.NodeNext, skipLibCheck: true, types: [] },
  );
  const checker = program.getTypeChecker();
  const seen = new Set<ts.Symbol>();
  const texts = new Set<string>();
  const examples: DocstringExample[] = [];
  for (const { specifier, types } of entries) {
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(types)!)!);
    const names = exported.map(({ name }) => name);
    for (const each of exported) {
      const symbol = each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each;
      const members = [...(symbol.members?.values() ?? []), ...(symbol.exports?.values() ?? [])];
      for (const member of [symbol, ...members]) {
        if (seen.has(member)) continue; // Already exported by an earlier entry.
        seen.add(member);
        for (const { name, text } of member.getJsDocTags(checker)) {
          const example = ts.displayPartsToString(text);
          // A member without its own docstring, such as an overriding method, inherits the one it overrides.
          if (name !== 'example' || texts.has(example)) continue;
          texts.add(example);
          const path = [specifier, symbol.name, ...(member === symbol ? [] : [member.name])];
          examples.push({
            name: path.join('-').replace('@harmonic-mlp/', '').replaceAll('/', '-'),
            code: toProgram(example, specifier, names),
          });
        }
      }
    }
  }
  return examples;
}

/** The number of examples in the sources, whether or not an entry exports what they document. */
export function countExamples(): number {
  return publishedPackages
    .map(({ folder }) => join(folder, 'src'))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .reduce((count, file) => count + readFileSync(file, 'utf8').split(' * @example').length - 1, 0);
}

function toProgram(tag: string, entry: string, exported: string[]): string {
  const code = tag.match(/^```ts\n(.*)\n```$/s)![1];
  const imports = (code.match(/^import .*;\n/gm) ?? []).join('');
  const taken = (names: string[]) =>
    names.filter((name) => has(code, name) && !has(imports, name)).join(', ');
  const body = code
    .replaceAll(/^import .*;\n/gm, '')
    .replaceAll(
      /^(.*); \/\/ => (.*)$/gm,
      (_, value, shown) => `strictEqual(inspect(${value}), ${JSON.stringify(shown)});`,
    );
  return `import { strictEqual } from 'node:assert';
import { inspect } from 'node:util';
import { ${taken(context)} } from './example-context.mjs';
import { ${taken(exported)} } from '${entry}';
${imports}{
${body}
}`;
}

const has = (code: string, name: string): boolean => new RegExp(`\\b${name}\\b`).test(code);
