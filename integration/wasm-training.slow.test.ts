import { leNet, mlp, resNet20, vgg } from "@kronograd/layers";
import type { Device, Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { fallbacks, optimizers } from "./wasm-training.ts";

const nets = [
  ["MLP", [784], (device: Device, rng: Rng) => mlp([784, 512, 256, 10], { device, rng })],
  ["LeNet", [1, 28, 28], (device: Device, rng: Rng) => leNet({ device, rng })],
  ["VGG", [3, 32, 32], (device: Device, rng: Rng) => vgg({ device, rng })],
  ["ResNet-20", [3, 32, 32], (device: Device, rng: Rng) => resNet20({ device, rng })],
] as const;

describe("training on wasm at batch 128", () => {
  const cases = nets.flatMap((net) => optimizers.map((optimizer) => [...net, ...optimizer] as const));

  it.each(cases)("$0 with $3 runs no reference loop", async (_, shape, build, __, optimizer) => {
    expect(await fallbacks(shape, build, optimizer(), 128)).toEqual([]);
  });
});
