/** A page's program: 2,000 steps of `fit` with momentum, and what lives on the device after 100 of them and at the end. */

import { type GpujsBackend, gpujsProvider } from "@kronograd/backend-gpujs";
import * as k from "kronograd";

declare const report: (value: unknown) => void;

const backend = (await gpujsProvider.create({})) as GpujsBackend;
const device = new k.Device(backend);
const rng = new k.Rng(0);
const part = () => ({
  inputs: Float32Array.from({ length: 64 * 20 }, () => rng.normal()),
  targets: Int32Array.from({ length: 64 }, (_, i) => i % 3),
});
const kind = { name: "noise", source: "random", task: "classification", classes: 3, inputShape: [20] } as const;
const data = k.defineDataset({ ...kind, train: part(), test: part() });
const now = () => ({ tensors: device.memory.buffers, textures: backend.counts.textures });

let early = now();
const run = k.fit({
  model: k.mlp([20, 16, 3], { device, rng }),
  loss: k.softmaxCrossEntropy(),
  data,
  optimizer: k.sgd({ learningRate: 0.01, momentum: 0.9 }),
  batch: 8,
  steps: 2000,
  evaluateEvery: 100,
  rng,
});
let late = early;
for await (const event of run) {
  if (event.type !== "eval") continue;
  if (event.step === 100) early = now();
  late = now();
}
report({ early, late });
