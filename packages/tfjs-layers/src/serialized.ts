import { HarmonicError } from '@harmonic-mlp/core';
import { serialization } from '@tensorflow/tfjs-core';

/** A serialized tfjs object: the name under which its class is registered, and its configuration. */
export interface Serialized {
  /** Such as `L1L2`. */
  className: string;
  /** The result of the class's `getConfig`. */
  config: serialization.ConfigDict;
}

/** @deprecated The British spelling of {@link Serialized}. */
export type Serialised = Serialized;

export function serialize(object: serialization.Serializable): Serialized & serialization.ConfigDict {
  return { className: object.getClassName(), config: object.getConfig() };
}

/**
 * @param argument its name in errors.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything except the name of a registered class and a configuration.
 */
export function deserialize<T extends serialization.Serializable>(argument: string, value: Serialized): T {
  const refuse = (part: string, value: unknown, allowed: string, fix?: string) => {
    throw new HarmonicError('INVALID_ARGUMENT', { argument: argument + part, value, allowed, fix });
  };
  if (typeof value !== 'object' || value === null) {
    refuse('', value, 'a tfjs object, or the className and config of a registered class');
  }
  const { className, config } = value;
  const registered = serialization.SerializationMap.getMap().classNameMap[className];
  if (registered === undefined) {
    const fix = 'Register your own class with tf.serialization.registerClass.';
    refuse('.className', className, 'the name of a registered class', fix);
  }
  if (typeof config !== 'object' || config === null) {
    refuse('.config', config, "an object, such as the result of the class's getConfig()");
  }
  const [cls, fromConfig] = registered;
  return fromConfig(cls, config) as T;
}

/** The object itself, or the result of {@link deserialize}. */
export function asObject<T extends serialization.Serializable>(
  argument: string,
  value: T | Serialized | null | undefined,
): T | undefined {
  if (value == null) return undefined;
  return typeof (value as T).getClassName === 'function'
    ? (value as T)
    : deserialize<T>(argument, value as Serialized);
}
