// The API documentation, `pnpm docs:build`: one module for each entry that programs import, found in the packages' `exports`.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Converter, ReflectionKind } from 'typedoc';

/** The specifiers that programs import from the package in this folder, and their sources. */
function entriesOf(folder) {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return [];
  const { name, exports = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
  return Object.entries(exports)
    .filter(([, files]) => typeof files !== 'string')
    .map(([subpath, files]) => ({
      specifier: name + subpath.slice(1),
      source: sourceOf(folder, files.import.default),
    }));
}

/** The source of a built entry: a file with its name, or the index of a folder. */
function sourceOf(folder, built) {
  const [, name] = /^\.\/dist\/(.*)\.js$/.exec(built);
  const file = resolve(folder, `src/${name}.ts`);
  return existsSync(file) ? file : resolve(folder, 'src', name, 'index.ts');
}

/** Documents each package's entries from their sources, under the names that programs import. */
function documentEntries({ options, converter }) {
  const specifiers = new Map();

  options.addReader({
    name: 'the exports of package.json',
    order: 0,
    supportsPackages: true,
    read(packageOptions, _logger, folder) {
      if (packageOptions.getValue('entryPointStrategy') === 'packages') return; // The root's own options.
      const entries = entriesOf(folder);
      for (const { specifier, source } of entries) specifiers.set(source, specifier);
      const sources = entries.map(({ source }) => source);
      packageOptions.setValue('entryPoints', sources, folder);
      // The type of its keys, the names of activations, is written out.
      if (folder.endsWith('harmonic-layer')) packageOptions.setValue('intentionallyNotExported', ['own']);
    },
  });

  converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return;
    const [declaration] = context.getSymbolFromReflection(reflection)?.declarations ?? [];
    reflection.name = specifiers.get(resolve(declaration?.getSourceFile().fileName ?? '')) ?? reflection.name;
  });
}

/**
 * Lets the declaration that an inline type belongs to document its members, as in `{ x: Tensor; kernel: Tensor }` or an
 * alternative of a union. TypeDoc does this only for parameters, but operations have theirs as type arguments.
 */
function describeTypesInPlace(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    const described = project
      .getReflectionsByKind(ReflectionKind.Property)
      .filter((property) => !property.hasComment() && hasDescribedOwner(property))
      .filter((property) => project.getSymbolIdFromReflection(property)?.packageName === project.packageName);
    const names = new Set(described.map((property) => property.getFriendlyFullName()));
    app.options.setValue('intentionallyNotDocumented', [...names]);
  });
}

function hasDescribedOwner({ parent: type }) {
  if (!type?.kindOf(ReflectionKind.TypeLiteral)) return false;
  const { parent: owner } = type;
  if (owner.kindOf(ReflectionKind.TypeAlias) && owner.type?.type !== 'union') return false;
  if (owner.kindOf(ReflectionKind.Parameter)) return false;
  return owner.hasComment() || hasDescribedOwner(owner);
}

const tfjs = 'https://js.tensorflow.org/api/latest/';

/** @type {import('typedoc').TypeDocOptions} */
export default {
  name: 'Harmonic MLP',
  entryPoints: ['packages/*'],
  entryPointStrategy: 'packages',
  plugin: [documentEntries, describeTypesInPlace],
  out: 'api-docs',
  navigation: { includeFolders: false },
  hideGenerator: true,
  packageOptions: {
    disableSources: true, // Links to sources need a remote, which a clone may not have.
    exclude: ['**/*.test.ts'],
    excludeInternal: true,
    skipErrorChecking: true, // `pnpm typecheck` does it.
    validation: { notDocumented: true },
  },
  externalSymbolLinkMappings: {
    '@tensorflow/tfjs-core': {
      Tensor: `${tfjs}#class:Tensor`,
      Optimizer: `${tfjs}#class:train.Optimizer`,
      '*': tfjs,
    },
    '@tensorflow/tfjs-layers': { '*': tfjs },
  },
  treatWarningsAsErrors: true,
};
