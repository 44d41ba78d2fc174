import { mlp } from "@kronograd/layers";
import { adam, kfac, type Optimizer, sgd, skfac } from "@kronograd/optimizers";
import { cpu, Device, memory, Rng } from "@kronograd/tensor";
import { expect, it } from "vitest";
import { small } from "../testing/index.ts";
import { fit } from "./fit.ts";

it.each<[string, () => Optimizer]>([
  ["sgd", () => sgd({ momentum: 0.9 })],
  ["adam", () => adam()],
  ["kfac", () => kfac()],
  ["skfac", () => skfac()],
])("10,000 steps of %s leave no live tensor behind", async (_, make) => {
  const device = new Device(cpu.backend); // with a count of its own
  const model = mlp([2, 5, 3], { rng: new Rng(2), device });
  const own = { ...memory(device) };
  const optimizer = make();
  let settled: typeof own | undefined;
  for await (const event of fit(small({ model, optimizer, steps: 10_000, evaluateEvery: 2000 }))) {
    if (event.type !== "step" || event.step < 100) continue;
    settled ??= { ...memory(device) };
    expect(memory(device)).toMatchObject({ tensors: settled.tensors, buffers: settled.buffers, bytes: settled.bytes });
  }
  optimizer[Symbol.dispose]();
  expect(memory(device)).toMatchObject({ tensors: own.tensors, buffers: own.buffers, bytes: own.bytes, forgotten: 0 });
});
