// Compiles the AssemblyScript kernels in `assembly/` twice, for plain and for relaxed SIMD, and writes both modules, as text
// that any bundler accepts, and their types to `generated/`. The modules differ in their multiply-adds only:
// in hexadecimal digits, which keep bytes apart, and in alternating pieces, the second is within reach of gzip from the first.
// In base64, one after the other, they take twice as much once compressed.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import ts from 'typescript';

const folder = fileURLToPath(new URL('.', import.meta.url));
const generated = new URL('generated/', import.meta.url);
mkdirSync(generated, { recursive: true });

const sections = { start: 8, data: 11 };

/** The ids of a module's sections; see "Modules" in the binary format of the WebAssembly specification. */
function sectionsOf(bytes) {
  const ids = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++]);
    let size = 0;
    for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
      byte = bytes[at++];
      size |= (byte & 0x7f) << shift;
    }
    at += size;
  }
  return ids;
}

async function compile(features) {
  const files = new Map();
  const { error, stderr } = await asc.main(
    [
      'assembly/index.ts',
      '--baseDir',
      folder,
      ...features.flatMap((feature) => ['--enable', feature]),
      '--config',
      'none',
      '--outFile',
      'kernels.wasm',
      '--bindings',
      'raw',
      '--runtime',
      'stub',
      '--importMemory',
      '--noAssert',
      '-O3s', // For speed, but without a copy of a pass in each kernel that uses it.
    ],
    { writeFile: (name, contents) => void files.set(name, contents) },
  );
  if (error) throw new Error(`${error.message}\n${stderr}`);
  const wasm = files.get('kernels.wasm');
  const ids = sectionsOf(wasm);
  // The memory belongs to another module, so nothing may be written to it on load.
  for (const [name, id] of Object.entries(sections)) {
    if (ids.includes(id)) throw new Error(`The module has a ${name} section; kernels must not have one.`);
  }
  return { wasm, types: files.get('kernels.d.ts') };
}

/** The exported functions without a result, with the types of their parameters, in the order of `assembly/index.ts`. */
function kernelsIn(index) {
  const parse = (file) => {
    const url = new URL(`assembly/${file}.ts`, import.meta.url);
    return ts.createSourceFile(url.pathname, readFileSync(url, 'utf8'), ts.ScriptTarget.Latest);
  };
  return parse(index)
    .statements.filter((each) => ts.isExportDeclaration(each) && each.moduleSpecifier.text.startsWith('./'))
    .flatMap(({ exportClause, moduleSpecifier }) => {
      const file = moduleSpecifier.text.slice(2);
      const functions = parse(file).statements.filter(ts.isFunctionDeclaration);
      return exportClause.elements.flatMap(({ name: { text: name } }) => {
        const found = functions.find((each) => each.name.text === name);
        if (found?.type?.kind !== ts.SyntaxKind.VoidKeyword) return [];
        const types = found.parameters.map(({ type }) => type.typeName?.text ?? 'bool');
        return { name, file, types };
      });
    });
}

/** How a parameter is read from its word. */
const readers = {
  i32: (at) => `<i32>integer(at, ${at})`,
  u32: (at) => `<u32>integer(at, ${at})`,
  usize: (at) => `<usize>integer(at, ${at})`,
  f32: (at) => `<f32>load<f64>(at, ${at})`,
  f64: (at) => `load<f64>(at, ${at})`,
  bool: (at) => `load<f64>(at, ${at}) != 0`,
};

/** An interpreter of calls of the kernels, as source text. */
function interpreterOf(kernels) {
  const imports = kernels.map(({ name, file }) => `import { ${name} } from '../assembly/${file}';`);
  const cases = kernels.map(({ name, types }, code) => {
    const given = types.map((type, i) => readers[type](8 * (i + 1)));
    return `      case ${code}:\n        ${name}(${given.join(', ')});\n        at += ${8 * (types.length + 1)};\n        break;`;
  });
  return `${imports.join('\n')}

// @ts-expect-error: decorator
@inline
function integer(at: usize, offset: usize): i64 {
  return <i64>load<f64>(at + offset);
}

/**
 * Calls kernels one after the other, until a call has a number that no kernel has.
 *
 * @param at float64 words: for each call, the number of the kernel and its arguments
 */
export function execute(at: usize): void {
  for (;;) {
    switch (<i32>load<f64>(at)) {
${cases.join('\n')}
      default:
        return;
    }
  }
}
`;
}

const kernels = kernelsIn('index');
writeFileSync(new URL('execute.ts', generated), interpreterOf(kernels));
writeFileSync(
  new URL('kernel-codes.ts', generated),
  `/** The numbers of the kernels in a list of calls, and which of their arguments are addresses; see \`execute\`. */
export const kernelCodes: { readonly [name: string]: { readonly code: number; readonly addresses: readonly number[] } } = {
${kernels.map(({ name, types }, code) => `  ${name}: { code: ${code}, addresses: [${types.flatMap((type, i) => (type === 'usize' ? i : []))}] },\n`).join('')}};
`,
);

const fixed = await compile(['simd']);
const relaxed = await compile(['simd', 'relaxed-simd']);
writeFileSync(new URL('kernels.d.ts', generated), fixed.types);

/** Near the best for gzip, whose matches start at most 32 KiB back. */
const digitsOfPiece = 2048;
const [fixedDigits, relaxedDigits] = [fixed, relaxed].map(({ wasm }) => Buffer.from(wasm).toString('hex'));
const pieces = [];
for (let at = 0; at < Math.max(fixedDigits.length, relaxedDigits.length); at += digitsOfPiece) {
  const [ofFixed, ofRelaxed] = [fixedDigits, relaxedDigits].map((digits) =>
    digits.slice(at, at + digitsOfPiece),
  );
  pieces.push(`  { fixed: '${ofFixed}', relaxed: '${ofRelaxed}' },\n`);
}
writeFileSync(
  new URL('modules.ts', generated),
  `/** The kernels with fixed-width SIMD and with relaxed SIMD, whose multiply-adds are fused: piece by piece, in hexadecimal digits. */
export const pieces = [
${pieces.join('')}];
`,
);
