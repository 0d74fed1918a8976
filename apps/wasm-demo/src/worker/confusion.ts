import type { TestResult } from './protocol';

/**
 * Counts the answers in the logits of labeled examples, [labels.length, classes]. The loss is that of training: the cross-entropy with
 * targets of which all classes share a part.
 */
export function testResult(
  logits: Float32Array,
  labels: Uint8Array,
  { classes, labelSmoothing = 0 }: { classes: number; labelSmoothing?: number },
): Required<TestResult> {
  const confusion = new Uint32Array(classes * classes);
  let loss = 0;
  let correct = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    let largest = 0;
    for (let c = 1; c < classes; c++) if (row[c] > row[largest]) largest = c;
    let total = 0;
    for (let c = 0; c < classes; c++) total += Math.exp(row[c] - row[largest]);
    const mean = row.reduce((sum, each) => sum + each, 0) / classes;
    loss += Math.log(total) + row[largest] - (1 - labelSmoothing) * row[labels[i]] - labelSmoothing * mean;
    confusion[labels[i] * classes + largest]++;
    if (largest === labels[i]) correct++;
  }
  return { loss: loss / labels.length, value: correct / labels.length, confusion };
}
