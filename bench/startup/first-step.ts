/** From the import to the end of a first SKFAC step of an MLP. */

import "@kronograd/backend-wasm";
import { valueAndGrad } from "@kronograd/autograd";
import { mlp, parameters, softmaxCrossEntropy } from "@kronograd/layers";
import { skfac } from "@kronograd/optimizers";
import { createDevice, Rng, scope, tensor } from "@kronograd/tensor";

export async function measure(backend: string, start: number): Promise<Record<string, number>> {
  const imported = performance.now();
  const device = await createDevice(backend);
  const rng = new Rng(0);
  const model = mlp([784, 512, 256, 10], { rng, device });
  const trained = parameters(model);
  const optimizer = skfac();
  const built = performance.now();
  scope(() => {
    const inputs = tensor(new Float32Array(128 * 784).fill(0.1), { shape: [128, 784], device });
    const targets = tensor(new Int32Array(128), { device });
    const outputs = () => model.forward(inputs, { training: true, rng });
    const { value, gradients, records } = valueAndGrad({ outputs, loss: softmaxCrossEntropy(), targets }, trained, {
      capture: optimizer.needs(0),
    });
    optimizer.apply(trained, optimizer.update(gradients, { parameters: trained, records, step: 0 }), 0);
    value.itemSync();
  });
  const end = performance.now();
  return {
    "import to first step of the mlp": end - start,
    "of which import": imported - start,
    "of which device and weights": built - imported,
    "of which the step": end - built,
  };
}
