/** A whole program that trains a convolutional net with SKFAC; `npm run size` measures what a browser would load for it. */
import {
  Conv2d,
  Dense,
  flatten,
  maxPool2d,
  parameters,
  Rng,
  relu,
  Sequential,
  scope,
  skfac,
  softmaxCrossEntropy,
  type Tensor,
  valueAndGrad,
} from "kronograd";

/** Images [N, 1, 28, 28] and their classes [N], int32. */
export interface LabelledImages {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** Take a step on each batch; returns the losses before them. */
export function train(batches: Iterable<LabelledImages>): number[] {
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
  const weights = parameters(model);
  const loss = softmaxCrossEntropy();
  using optimizer = skfac();
  const losses: number[] = [];
  for (const { images, labels } of batches) {
    scope(() => {
      const step = losses.length;
      const outputs = () => model.forward(images, { training: true });
      const capture = optimizer.needs(step);
      const seen = valueAndGrad({ outputs, loss, targets: labels }, weights, { capture });
      const { gradients, records } = seen;
      optimizer.apply(weights, optimizer.update(gradients, { parameters: weights, records, step }), step);
      losses.push(seen.value.itemSync());
    });
  }
  return losses;
}
