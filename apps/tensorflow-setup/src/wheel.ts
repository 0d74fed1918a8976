import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  addonPath,
  type Installation,
  libraryFolder,
  silencerPath,
  TrainerError,
} from '@harmonic-mlp/node-trainer';
import { ProgramFailure, type RunOptions, runProgram } from './run-program';
import { silencerSource } from './silencer-source';

/** A release whose library is known to work. */
const release = '2.21.0';

/** Any version that has wheels: the library does not contain Python, so it need not be the version that runs pip. */
const pythonVersion = '3.12';

/** The parts of the library, and the headers that the addon includes; everything else in the wheel is Python's. */
export const wanted =
  /^tensorflow\/(libtensorflow_(cc|framework)\.so\.2|include\/(tensorflow\/(c|core\/platform)|tsl|xla\/tsl)\/.*\.h)$/;

/** Unpacks them with Python, which verifies the checksums: libraries into the first folder, headers into the second. */
const unpack = `
import os, re, shutil, sys, zipfile
archive, libraries, headers = sys.argv[1:]
with zipfile.ZipFile(archive) as wheel:
    for name in wheel.namelist():
        if re.match(r'${wanted.source}', name):
            parts = name.split('/')
            target = os.path.join(libraries, parts[1]) if len(parts) == 2 else os.path.join(headers, *parts[2:])
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with wheel.open(name) as source, open(target, 'wb') as file:
                shutil.copyfileobj(source, file, 1 << 20)
`;

/** The programs that are needed to install from the wheel. */
export interface Tools {
  /** A Python with pip. */
  python: string;
  /** A C++ compiler. */
  compiler: string;
}

/**
 * Finds what {@link installFromWheel} needs.
 *
 * @throws {TrainerError} `FILE_NOT_FOUND` that says what is missing and how to get it, `UNSUPPORTED` on other systems.
 */
export async function findTools(options: RunOptions = {}): Promise<Tools> {
  if (process.platform !== 'linux') {
    throw new TrainerError(
      'UNSUPPORTED',
      "TensorFlow's Python wheel can replace the download only on Linux.",
    );
  }
  const compiler = await firstThatRuns(
    [process.env.CXX, 'c++', 'g++', 'clang++'].flatMap((program) => program || []),
    ['--version'],
    options,
  );
  if (compiler === undefined) {
    throw new TrainerError('FILE_NOT_FOUND', {
      problem: 'There is no C++ compiler to build the addon.',
      fix: 'Install one (Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++) and run this again.',
    });
  }
  const python = await firstThatRuns(['python3', 'python'], ['-m', 'pip', '--version'], options);
  if (python === undefined) {
    throw new TrainerError('FILE_NOT_FOUND', {
      problem: "There is no Python with pip to download TensorFlow's wheel.",
      fix: 'Install it (Debian, Ubuntu: apt install python3-pip; Fedora: dnf install python3-pip) and run this again.',
    });
  }
  return { python, compiler };
}

async function firstThatRuns(
  programs: string[],
  args: string[],
  options: RunOptions,
): Promise<string | undefined> {
  for (const program of programs) {
    try {
      await runProgram(program, args, options);
      return program;
    } catch (error) {
      if (!(error instanceof ProgramFailure)) throw error;
    }
  }
  return undefined;
}

/**
 * Unpacks TensorFlow's library and its headers from TensorFlow's Python wheel, and builds tfjs-node's addon with them. The
 * library has another name there, but has all functions of the C library.
 *
 * @param say reports each step.
 */
export async function installFromWheel(
  installation: Installation,
  { python, compiler }: Tools,
  say: (line: string) => void,
  options: RunOptions,
): Promise<void> {
  const libraries = join(installation.folder, libraryFolder);
  const headers = join(dirname(libraries), 'include');
  const archive = await fetchWheel(python, installation.folder, say, options);
  say('Unpacking the library, 850 MB');
  await runProgram(python, ['-c', unpack, archive, libraries, headers], options);
  await rm(archive);
  // The linker looks for the first two, tfjs-node's own scripts for the others.
  for (const [link, target] of [
    ['libtensorflow.so', 'libtensorflow_cc.so.2'],
    ['libtensorflow_framework.so', 'libtensorflow_framework.so.2'],
    ['libtensorflow.so.2', 'libtensorflow_cc.so.2'],
    ['libtensorflow.so.2.9.1', 'libtensorflow_cc.so.2'],
    ['libtensorflow_framework.so.2.9.1', 'libtensorflow_framework.so.2'],
  ]) {
    await symlink(target, join(libraries, link));
  }
  say(`Building the addon with ${compiler}`);
  await build(installation, compiler, options);
}

/** Builds the addon as tfjs-node's own build does, but without downloading anything. */
async function build({ folder }: Installation, compiler: string, options: RunOptions): Promise<void> {
  const nodeHeaders = join(folder, '..', '..', 'node-api-headers', 'include');
  const addon = join(folder, addonPath());
  const napi = /napi-v(\d+)/.exec(addon)![1];
  const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', `-DNAPI_VERSION=${napi}`, `-I${nodeHeaders}`];
  await mkdir(dirname(addon), { recursive: true });
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(folder, 'binding', name));
  const headers = ['-I', join(folder, '..'), '-I', join(folder, dirname(libraryFolder), 'include')];
  const libraries = ['-L', join(folder, libraryFolder), '-ltensorflow', '-ltensorflow_framework'];
  // Functions that are missing from the library are then noticed when it is loaded, not when they are called.
  const linking = ['-Wl,-z,now', `-Wl,-rpath,$ORIGIN/../../${libraryFolder}`];
  await runProgram(
    compiler,
    [...flags, ...headers, ...sources, '-o', addon, ...libraries, ...linking],
    options,
  );

  const source = join(folder, 'binding', 'silencer.cc');
  await writeFile(source, silencerSource);
  await runProgram(compiler, [...flags, source, '-o', join(folder, silencerPath)], options);
}

/** Has pip download and verify the wheel. */
async function fetchWheel(
  python: string,
  folder: string,
  say: (line: string) => void,
  options: RunOptions,
): Promise<string> {
  // A wheel without support for graphics cards exists only for x64.
  const name = `${process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow'}==${release}`;
  say(`Downloading TensorFlow's Python wheel with pip: ${name}, 270 MB`);
  const download = ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--no-input', '--quiet'];
  const choice = ['--disable-pip-version-check', '--python-version', pythonVersion, '--dest', folder, name];
  await runProgram(python, [...download, ...choice], options);
  const wheel = (await readdir(folder)).find((file) => file.endsWith('.whl'));
  if (wheel === undefined)
    throw new TrainerError('DOWNLOAD_FAILED', `pip did not download a wheel of ${name}.`);
  return join(folder, wheel);
}
