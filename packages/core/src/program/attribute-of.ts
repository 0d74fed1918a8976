import { foldIn, type RandomKey } from '../random';
import type { DynamicSource, ExecutionScalars } from './program';

/** The value of a dynamic attribute in an execution. */
export function attributeOf(source: DynamicSource, { key, numbers }: ExecutionScalars): RandomKey | number {
  if (source.kind === 'key') return source.path.reduce<RandomKey>(foldIn, key);
  return source.factor * numbers[source.name] + source.offset;
}
