import '@tensorflow/tfjs-backend-cpu';
import { models, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { loaded, saved } from '../test/memory';
import { harmonicDense, registerHarmonicLayers } from '.';

// In a separate file, because a registration lasts for the whole process.
it('loading fails with tfjs’s error, which names the layer, until the classes are registered', async () => {
  const network = sequential({ layers: [harmonicDense({ units: 2, inputShape: [3] })] });
  const artifacts = await saved(network);
  const topology = { modelTopology: artifacts.modelTopology as never };
  await expect(loaded(artifacts)).rejects.toThrow(/^Unknown layer: HarmonicDense\./);
  await expect(models.modelFromJSON(topology)).rejects.toThrow(/^Unknown layer: HarmonicDense\./);

  registerHarmonicLayers();
  registerHarmonicLayers(); // Twice is as good as once.
  const again = [await loaded(artifacts), await models.modelFromJSON(topology)];
  for (const each of again) expect(each.layers[0].getClassName()).toBe('HarmonicDense');
  for (const each of [network, ...again]) each.dispose();
});
