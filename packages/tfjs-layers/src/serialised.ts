import { HarmonicError } from '@harmonic-mlp/core';
import { serialization } from '@tensorflow/tfjs-core';

/** What tfjs makes an object of again: the name that its class is registered by, and its configuration. */
export interface Serialised {
  /** As `L1L2`. */
  className: string;
  /** What the class's `getConfig` gave. */
  config: serialization.ConfigDict;
}

export function serialise(object: serialization.Serializable): Serialised & serialization.ConfigDict {
  return { className: object.getClassName(), config: object.getConfig() };
}

/**
 * @param name what it is, for the error.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything but the name of a registered class and a configuration.
 */
export function deserialise<T extends serialization.Serializable>(name: string, value: Serialised): T {
  const { className, config } = value;
  const registered = serialization.SerializationMap.getMap().classNameMap[className];
  if (registered === undefined || typeof config !== 'object' || config === null) {
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `${name} is ${JSON.stringify(value)}; it must be an object of tfjs, or the className and config of a class that is registered. A class of your own is registered with tf.serialization.registerClass.`,
    );
  }
  const [cls, fromConfig] = registered;
  return fromConfig(cls, config) as T;
}

/** The object itself, or the one that {@link deserialise} makes. */
export function asObject<T extends serialization.Serializable>(
  name: string,
  value: T | Serialised | null | undefined,
): T | undefined {
  if (value == null) return undefined;
  return typeof (value as T).getClassName === 'function'
    ? (value as T)
    : deserialise<T>(name, value as Serialised);
}
