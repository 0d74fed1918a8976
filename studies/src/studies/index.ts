import type { Study } from '../harness';
import { authors } from './authors';
import { classification } from './classification';
import { periods } from './periods';
import { signals } from './signals';
import { tables } from './tables';

/** All studies: a new one is a file and a line. */
export const studies: readonly Study[] = [authors, classification, periods, signals, tables];
