import { replaceRecurrentLayers } from '../stock/recurrent';
import { replaceTrainFunctions } from './train-function';

/**
 * Replaces methods of tfjs-layers.
 *
 * @returns what puts tfjs-layers' own back.
 */
export const replaceLayerMethods = (): (() => void)[] => [replaceRecurrentLayers(), replaceTrainFunctions()];
