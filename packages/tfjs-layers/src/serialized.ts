import { HarmonicError } from '@harmonic-mlp/core';
import { serialization } from '@tensorflow/tfjs-core';

/** A serialized object of tfjs: the name that its class is registered by, and its configuration. */
export interface Serialized {
  /** As `L1L2`. */
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
 * @param argument what the errors call it.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything but the name of a registered class and a configuration.
 */
export function deserialize<T extends serialization.Serializable>(argument: string, value: Serialized): T {
  const refuse = (part: string, value: unknown, allowed: string, fix?: string) => {
    throw new HarmonicError('INVALID_ARGUMENT', { argument: argument + part, value, allowed, fix });
  };
  if (typeof value !== 'object' || value === null) {
    refuse('', value, 'an object of tfjs, or the className and config of a registered class');
  }
  const { className, config } = value;
  const registered = serialization.SerializationMap.getMap().classNameMap[className];
  if (registered === undefined) {
    const fix = 'Register a class of your own with tf.serialization.registerClass.';
    refuse('.className', className, 'the name of a registered class', fix);
  }
  if (typeof config !== 'object' || config === null) {
    refuse('.config', config, 'an object, as getConfig() of the class gives');
  }
  const [cls, fromConfig] = registered;
  return fromConfig(cls, config) as T;
}

/** The object itself, or the one that {@link deserialize} makes. */
export function asObject<T extends serialization.Serializable>(
  argument: string,
  value: T | Serialized | null | undefined,
): T | undefined {
  if (value == null) return undefined;
  return typeof (value as T).getClassName === 'function'
    ? (value as T)
    : deserialize<T>(argument, value as Serialized);
}
