/** The same training with `skfac()` and a loss object, and so with every option of theirs. */
import { valueAndGrad } from "@kronograd/autograd";
import {
  Conv2d,
  Dense,
  flatten,
  maxPool2d,
  parameters,
  relu,
  Sequential,
  softmaxCrossEntropy,
} from "@kronograd/layers";
import { skfac } from "@kronograd/optimizers";
import { Rng, scope, tensor } from "@kronograd/tensor";

/** Images [N, 1, 28, 28] and their labels [N]. */
export interface Batch {
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

/** Train on each batch once and return the losses. */
export function trainConvNet(batches: Iterable<Batch>, optimizer = skfac()): number[] {
  const rng = new Rng(0);
  const model = new Sequential(
    [
      new Conv2d({ in: 1, out: 16, kernel: 5 }),
      relu(),
      maxPool2d(2),
      flatten(),
      new Dense({ in: 16 * 12 * 12, out: 10 }),
    ],
    { rng },
  );
  const trained = parameters(model);
  const loss = softmaxCrossEntropy();
  const losses: number[] = [];
  let step = 0;
  for (const { images, labels } of batches) {
    scope(() => {
      const inputs = tensor(images, { shape: [labels.length, 1, 28, 28] });
      const targets = tensor(labels);
      const objective = { outputs: () => model.forward(inputs, { training: true, rng }), loss, targets };
      const { value, gradients, records } = valueAndGrad(objective, trained, { capture: optimizer.needs(step) });
      optimizer.apply(trained, optimizer.update(gradients, { parameters: trained, records, step }), step);
      losses.push(value.itemSync());
    });
    step += 1;
  }
  return losses;
}
