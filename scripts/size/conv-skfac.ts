/**
 * A whole program that trains a convolutional net with SKFAC as published, from the last batch alone, put together by hand
 * from the parts of `skfac()`'s preset; `npm run size` measures what a browser would load for it.
 */
import { valueAndGrad } from "@kronograd/autograd";
import { Conv2d, Dense, flatten, maxPool2d, parameters, relu, Sequential } from "@kronograd/layers";
import { chainPlainly, klClip, leanSkfac, momentum, Optimizer, preconditionPlainly } from "@kronograd/optimizers/lean";
import { fromTypedArray, Rng, scope } from "@kronograd/tensor";
import { softmaxCrossEntropy } from "@kronograd/tensor/lean";
import type { Batch } from "./conv-skfac-preset.ts";

export const refreshEvery = 20;

/** SKFAC as published. */
const lastBatchAlone = () => preconditionPlainly(leanSkfac({ refreshEvery }), { every: refreshEvery });

/** Train on each batch once and return the losses. */
export function trainConvNet(batches: Iterable<Batch>, curvature = lastBatchAlone()): number[] {
  const model = new Sequential(
    [
      new Conv2d({ in: 1, out: 16, kernel: 5 }),
      relu(),
      maxPool2d(2),
      flatten(),
      new Dense({ in: 16 * 12 * 12, out: 10 }),
    ],
    { rng: new Rng(0) },
  );
  const trained = parameters(model);
  const optimizer = new Optimizer({
    name: "skfac",
    learningRate: 0.01,
    chain: chainPlainly(curvature, klClip(1e-3, { every: refreshEvery, first: 50 }), momentum()),
  });
  const losses: number[] = [];
  let step = 0;
  for (const { images, labels } of batches) {
    scope(() => {
      const inputs = fromTypedArray(images, [labels.length, 1, 28, 28]);
      const targets = fromTypedArray(labels);
      const loss = () => softmaxCrossEntropy(model.forward(inputs, { training: true }), targets);
      const { value, gradients, records } = valueAndGrad(loss, trained, {
        capture: optimizer.needs(step),
        lossScale: labels.length, // a mean over the batch
      });
      optimizer.apply(trained, optimizer.update(gradients, { parameters: trained, records, step }), step);
      losses.push(value.itemSync());
    });
    step += 1;
  }
  return losses;
}
