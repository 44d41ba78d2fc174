/** Two training steps of the benchmark's four nets, which must run no reference loop. */

import "@kronograd/backend-wasm";
import { defineDataset } from "@kronograd/data";
import { type Layer, leNet, mlp, parameters, resNet20, softmaxCrossEntropy, vgg } from "@kronograd/layers";
import { adam, kfac, type Optimizer, sgd, skfac } from "@kronograd/optimizers";
import { createDevice, type Device, Rng } from "@kronograd/tensor";
import { fit as train } from "@kronograd/train";

const classes = 3;

/** Random inputs with labels in turn. */
function dataset(inputShape: readonly number[], rows: number) {
  const rng = new Rng(0);
  const size = inputShape.reduce((product, n) => product * n, 1);
  const part = (count: number) => ({
    inputs: Float32Array.from({ length: count * size }, () => rng.normal()),
    targets: Int32Array.from({ length: count }, (_, i) => i % classes),
  });
  const parts = { name: "noise", source: "random", task: "classification", classes, inputShape } as const;
  return defineDataset({ ...parts, train: part(rows), test: part(rows) });
}

export const nets: readonly (readonly [string, readonly number[], (device: Device, rng: Rng) => Layer])[] = [
  ["MLP", [20], (device, rng) => mlp([20, 16, classes], { device, rng })],
  ["LeNet", [1, 12, 12], (device, rng) => leNet({ size: 12, classes, device, rng })],
  ["VGG", [3, 8, 8], (device, rng) => vgg({ classes, device, rng })],
  ["ResNet-20", [3, 8, 8], (device, rng) => resNet20({ classes, device, rng })],
];
export const optimizers: readonly (readonly [string, () => Optimizer])[] = [
  ["SGD", () => sgd({ learningRate: 0.01, momentum: 0.9 })],
  ["Adam", () => adam()],
  ["K-FAC", () => kfac()],
  ["SKFAC", () => skfac()],
];

/** Train two steps on a strict device. @returns the ops that ran a reference loop */
export async function fallbacks(
  shape: readonly number[],
  build: (device: Device, rng: Rng) => Layer,
  optimizer: Optimizer,
  batch: number,
): Promise<readonly string[]> {
  const device = await createDevice("wasm", { strict: true });
  const model = build(device, new Rng(2));
  const options = { loss: softmaxCrossEntropy(), data: dataset(shape, 2 * batch), batch, steps: 2, rng: new Rng(1) };
  let steps = 0;
  for await (const event of train({ ...options, model, optimizer })) {
    if (event.type === "step") steps += 1;
  }
  for (const t of Object.values(parameters(model))) t.dispose();
  if (steps !== 2) throw new Error(`${steps} steps were made, not 2`);
  return [...device.coverage].filter(([, { reference }]) => reference > 0).map(([name]) => name);
}
