import { leNet, mlp, resNet20, vgg } from "@kronograd/layers";
import type { Device, Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { convolutional, coverageOf, dense, optimizers } from "./wasm-training.ts";

const nets = [
  ["MLP", [784], (device: Device, rng: Rng) => mlp([784, 512, 256, 10], { device, rng }), dense],
  ["LeNet", [1, 28, 28], (device: Device, rng: Rng) => leNet({ device, rng }), convolutional],
  ["VGG", [3, 32, 32], (device: Device, rng: Rng) => vgg({ device, rng }), convolutional],
  ["ResNet-20", [3, 32, 32], (device: Device, rng: Rng) => resNet20({ device, rng }), convolutional],
] as const;

describe("training on wasm at batch 128", () => {
  const cases = nets.flatMap((net) => optimizers.map((optimizer) => [...net, ...optimizer] as const));

  it.each(cases)(
    "$0 with $4 runs kernels and no reference loop",
    async (_, shape, build, ofNet, __, optimizer, own) => {
      const { kernels, references } = await coverageOf(shape, build, optimizer(), 128);
      expect(references).toEqual([]);
      for (const op of [...ofNet, ...own]) expect(kernels[op], op).toBeGreaterThan(0);
    },
  );
});
