/** Training on WebGPU against training on `cpu`, on whatever adapter Node finds: with SwiftShader, a program on the processor. */

import * as k from "kronograd";
import { describe, expect, it } from "vitest";
import { missingGpu, useSoftwareGpu } from "../../../../platforms/software-gpu.ts";

useSoftwareGpu();

const missing = missingGpu((await k.listBackends()).find(({ name }) => name === "webgpu")?.unavailable ?? null);

const minutes = 60_000;

/** Images of 12 × 12 with a bright row in the third of the picture that is their class. */
const rows = (() => {
  const rng = new k.Rng(1);
  const images = (count: number) => {
    const targets = Int32Array.from({ length: count }, () => rng.integer(3));
    const inputs = Float32Array.from({ length: count * 144 }, (_, i) => {
      const row = Math.floor((i % 144) / 12);
      return 0.5 * rng.normal() + (row === 2 + 4 * (targets[Math.floor(i / 144)] as number) ? 1 : 0);
    });
    return { inputs, targets };
  };
  const kind = {
    name: "rows",
    source: "made here",
    task: "classification",
    classes: 3,
    inputShape: [1, 12, 12],
  } as const;
  return k.defineDataset({ ...kind, train: images(160), test: images(32) });
})();

async function losses(device: k.Device, make: () => k.Optimizer): Promise<number[]> {
  const rng = new k.Rng(0);
  const model = k.leNet({ size: 12, classes: 3, device, rng });
  const seen: number[] = [];
  const run = k.fit({
    model,
    loss: k.softmaxCrossEntropy(),
    data: rows,
    optimizer: make(),
    batch: 16,
    steps: 50,
    evaluateEvery: 50,
    rng,
  });
  for await (const event of run) if (event.type === "step") seen.push(event.loss as number);
  return seen;
}

describe.skipIf(missing !== null)("training on webgpu", () => {
  it.each<[string, () => k.Optimizer]>([
    ["SGD", () => k.sgd({ learningRate: 0.05, momentum: 0.9 })],
    ["SKFAC", () => k.skfac({ learningRate: 0.02 })],
  ])(
    "follows cpu for 50 steps of LeNet with %s, within 1e-3 of the first loss",
    async (_, make) => {
      const gpu = await k.createDevice("webgpu");
      const [own, there] = [await losses(k.cpu, make), await losses(gpu, make)];
      expect(there).toHaveLength(50);
      expect(own.at(-1)).toBeLessThan(0.5 * (own[0] as number));
      const apart = there.map((loss, i) => Math.abs(loss - (own[i] as number)) / (own[0] as number));
      expect(Math.max(...apart)).toBeLessThan(1e-3);
    },
    10 * minutes,
  );
});
