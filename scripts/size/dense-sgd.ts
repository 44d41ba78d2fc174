/** A whole program that trains a dense net with SGD on wasm; `npm run size` measures what a browser would load for it. */
import "./dense-backend.ts";
import { valueAndGrad } from "@kronograd/autograd";
import { mlp, parameters } from "@kronograd/layers";
import { sgd } from "@kronograd/optimizers";
import { createDevice, type Device, Rng, scope, softmaxCrossEntropy, tensor } from "@kronograd/tensor";

/** Rows of features [N, in] and their labels [N]. */
export interface Batch {
  readonly rows: Float32Array;
  readonly labels: Int32Array;
}

/** Train on each batch once and return the losses. */
export async function trainDenseNet(batches: Iterable<Batch>, opened?: Device): Promise<number[]> {
  const device = opened ?? (await createDevice("wasm"));
  const model = mlp([20, 32, 10], { rng: new Rng(0), device });
  const trained = parameters(model);
  const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
  const losses: number[] = [];
  let step = 0;
  for (const { rows, labels } of batches) {
    scope(() => {
      const inputs = tensor(rows, { shape: [labels.length, 20], device });
      const targets = tensor(labels, { device });
      const loss = () => softmaxCrossEntropy(model.forward(inputs, { training: true }), targets);
      const { value, gradients, records } = valueAndGrad(loss, trained);
      optimizer.apply(trained, optimizer.update(gradients, { parameters: trained, records, step }), step);
      losses.push(value.itemSync());
    });
    step += 1;
  }
  return losses;
}
