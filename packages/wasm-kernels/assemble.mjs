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

const sections = { import: 2, start: 8, data: 11 };

/** The sections of a module; see "Modules" in the binary format of the WebAssembly specification. */
function sectionsOf(bytes) {
  const found = [];
  for (let at = 8; at < bytes.length; ) {
    const start = at;
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
      byte = bytes[at++];
      size |= (byte & 0x7f) << shift;
    }
    found.push({ id, start, contents: at, end: at + size });
    at += size;
  }
  return found;
}

/** An import of a memory of any size: `env`, `memory`, kind 2, no maximum, at least 0 pages. */
const memoryImport = [3, ...Buffer.from('env'), 6, ...Buffer.from('memory'), 2, 0, 0];

/**
 * Gives the limits of the imported memory the five bytes that those of a shared one take: a size may have leading zeros.
 *
 * @returns the module, and where the limits are.
 */
function withRoomForLimits(wasm) {
  const { start, contents, end } = sectionsOf(wasm).find(({ id }) => id === sections.import);
  const imports = Buffer.from(wasm.subarray(contents, end));
  const at = imports.indexOf(Buffer.from(memoryImport));
  if (at < 0) throw new Error('The module does not import a memory as expected.');
  const limits = at + memoryImport.length - 2;
  const wide = Buffer.concat([
    imports.subarray(0, limits),
    Buffer.from([0, 0x80, 0x80, 0x80, 0]),
    imports.subarray(limits + 2),
  ]);
  const size = Buffer.from([0x80 | (wide.length & 0x7f), wide.length >> 7]);
  const head = Buffer.concat([wasm.subarray(0, start), Buffer.from([sections.import]), size]);
  return { wasm: Buffer.concat([head, wide, wasm.subarray(end)]), limits: head.length + limits };
}

async function compile(file, features, options = []) {
  const files = new Map();
  const { error, stderr } = await asc.main(
    [
      file,
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
      ...options,
    ],
    { writeFile: (name, contents) => void files.set(name, contents) },
  );
  if (error) throw new Error(`${error.message}\n${stderr}`);
  const wasm = files.get('kernels.wasm');
  // The memory belongs to another module, so nothing may be written to it on load.
  for (const name of ['start', 'data']) {
    if (sectionsOf(wasm).some(({ id }) => id === sections[name]))
      throw new Error(`The module has a ${name} section; kernels must not have one.`);
  }
  return { wasm, types: files.get('kernels.d.ts') };
}

/**
 * The exported functions without a result, with their parameters, in the order of `assembly/index.ts`. A tag `@divided count: x, y`
 * says that parts of `count` values are computed each by itself, at those addresses; one like `@divided batch: x·units`, that
 * parts of rows are. A kernel with the tag `@eager` is not for lists of calls.
 */
function kernelsIn(index) {
  const parse = (file) => {
    const url = new URL(`assembly/${file}.ts`, import.meta.url);
    return ts.createSourceFile(url.pathname, readFileSync(url, 'utf8'), ts.ScriptTarget.Latest, true);
  };
  return parse(index)
    .statements.filter((each) => ts.isExportDeclaration(each) && each.moduleSpecifier.text.startsWith('./'))
    .flatMap(({ exportClause, moduleSpecifier }) => {
      const file = moduleSpecifier.text.slice(2);
      const functions = parse(file).statements.filter(ts.isFunctionDeclaration);
      return exportClause.elements.flatMap(({ name: { text: name } }) => {
        const found = functions.find((each) => each.name.text === name);
        if (found?.type?.kind !== ts.SyntaxKind.VoidKeyword) return [];
        const parameters = found.parameters.map((each) => ({
          name: each.name.text,
          type: each.type.typeName?.text ?? 'bool',
        }));
        const tags = ts.getJSDocTags(found);
        if (tags.some(({ tagName }) => tagName.text === 'eager')) return [];
        const tag = tags.find(({ tagName }) => tagName.text === 'divided');
        return { name, file, parameters, divided: tag && divisionOf(tag.comment) };
      });
    });
}

/** What a tag `@divided` says: what is divided, and by how many values the addresses of a part are apart. */
function divisionOf(text) {
  const [count, addresses] = text.split(': ');
  const steps = addresses.split(', ').map((each) => each.split('·'));
  return { count, steps: new Map(steps.map(([name, step]) => [name, step ?? '1'])) };
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

/** The call of a kernel by one of several threads. */
function callOf({ name, parameters, divided }) {
  const given = parameters.map(({ name, type }, i) => {
    if (name === 'part' || name === 'parts') return name;
    const word = readers[type](8 * (i + 1));
    return name === 'scratch' ? `${word} + scratchOffset` : word;
  });
  if (divided === undefined) {
    const call = `${name}(${given.join(', ')});`;
    return given.includes('part') ? call : `if (part == 0) ${call}`;
  }
  const wordOf = (name) => given[parameters.findIndex((each) => each.name === name)];
  // A row is the least part; values are divided by cache lines.
  const unit = divided.count === 'count' ? 'LINE' : '1';
  const args = parameters.map(({ name }, i) => {
    if (name === divided.count) return 'size';
    const step = divided.steps.get(name);
    const stride = step?.replace(/[a-z]\w*/gi, (each) => `(${wordOf(each)})`);
    return step === undefined ? given[i] : `${given[i]} + floats(first * (${stride}))`;
  });
  return `{
          const count = ${wordOf(divided.count)};
          const first = startOfPart(count, ${unit}, part, parts);
          const size = startOfPart(count, ${unit}, part + 1, parts) - first;
          if (size > 0) ${name}(${args.join(', ')});
        }`;
}

/** An interpreter of calls of the kernels, as source text. */
function interpreterOf(kernels) {
  const imports = kernels.map(({ name, file }) => `import { ${name} } from '../assembly/${file}';`);
  const cases = kernels.map(
    (kernel, code) =>
      `      case ${code}:\n        ${callOf(kernel)}\n        at += ${8 * (kernel.parameters.length + 1)};\n        break;`,
  );
  return `import { floats } from '../assembly/floats';
import { LINE, startOfPart } from '../assembly/parts';
${imports.join('\n')}

// @ts-expect-error: decorator
@external('env', 'barrier')
declare function barrier(part: i32): i32;

// @ts-expect-error: decorator
@inline
function integer(at: usize, offset: usize): i64 {
  return <i64>load<f64>(at + offset);
}

/**
 * Calls kernels one after the other, until one has a negative number.
 *
 * @param at float64 words: for each call, the number of the kernel and its arguments
 * @param part which of several threads this is
 * @param parts how many threads do this together, each its part of the kernels
 * @param scratchOffset where the scratch memory of this thread begins, from that of the first
 * @returns 0, or the address of the barrier at which it ended, because the threads shall end
 */
export function execute(at: usize, part: i32, parts: i32, scratchOffset: usize): usize {
  let code = <i32>load<f64>(at);
  while (code >= 0) {
    switch (code) {
${cases.join('\n')}
      case ${kernels.length}:
        if (barrier(part) == 0) return at;
        at += 8;
        break;
    }
    code = <i32>load<f64>(at);
  }
  return 0;
}
`;
}

const kernels = kernelsIn('index');
writeFileSync(new URL('execute.ts', generated), interpreterOf(kernels));
const codeOf = ({ parameters }, code) => {
  const addresses = parameters.flatMap(({ type }, i) => (type === 'usize' ? i : []));
  return `{ code: ${code}, addresses: [${addresses}] }`;
};
writeFileSync(
  new URL('kernel-codes.ts', generated),
  `/** The numbers of the kernels in a list of calls, and which of their arguments are addresses; see \`execute\`. */
export const kernelCodes: { readonly [name: string]: { readonly code: number; readonly addresses: readonly number[] } } = {
${kernels.map((kernel, code) => `  ${kernel.name}: ${codeOf(kernel, code)},\n`).join('')}};

/** In a list of calls, the place where all threads wait for one another. */
export const barrierCode = ${kernels.length};
`,
);

const fixed = await compile('assembly/index.ts', ['simd']);
const relaxed = await compile('assembly/index.ts', ['simd', 'relaxed-simd']);
const shared = ['--sharedMemory', '--initialMemory', '0', '--maximumMemory', '65536'];
const barrier = await compile('assembly/barrier.ts', ['threads'], shared);
writeFileSync(new URL('kernels.d.ts', generated), fixed.types);

/** Near the best for gzip, whose matches start at most 32 KiB back. */
const digitsOfPiece = 2048;
const modules = [fixed, relaxed].map(({ wasm }) => withRoomForLimits(wasm));
const [fixedDigits, relaxedDigits] = modules.map(({ wasm }) => wasm.toString('hex'));
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

/** Where the modules have the limits of the memory that they import, in five bytes. */
export const memoryLimits = { fixed: ${modules[0].limits}, relaxed: ${modules[1].limits} };

/** The module of \`assembly/barrier.ts\`, in hexadecimal digits. */
export const barrierDigits = '${Buffer.from(barrier.wasm).toString('hex')}';
`,
);
