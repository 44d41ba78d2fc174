/**
 * The WebGPU backend: against the card's own ceilings, other engines on the same card, and our wasm backend beside it.
 *
 * A software adapter (SwiftShader) runs all of it, smaller, and proves that it runs; its figures say nothing about speed.
 */

import { createDevice } from "@kronograd/tensor";
import { type Case, compareAll, type Entry } from "../compare.ts";
import { measureCycle } from "../cycle.ts";
import type { Job, Net } from "../job.ts";
import { judge, type Row } from "../row.ts";
import type { Run, Topic } from "./topic.ts";

const batch = 128;

export const gpu: Topic = {
  name: "gpu",
  about: "the webgpu backend: products, convolutions, one-pass updates and training steps; full float32 everywhere",
  async *rows(run) {
    const found = await adapterHere();
    if (found.missing !== undefined) {
      yield judge({ topic: "gpu", case: "webgpu", rivalName: "", unit: "", note: found.missing });
      return;
    }
    const isSmall = run.quick || found.isSoftware;
    yield* compareAll("gpu", [...products(isSmall), ...convolutions(isSmall), ...passes(isSmall)], run);
    for (const net of isSmall ? (["lenet"] as const) : (["lenet", "resnet20"] as const))
      yield* steps(net, isSmall, run);
  },
};

async function adapterHere(): Promise<{ missing?: string; isSoftware: boolean }> {
  try {
    const device = await createDevice("webgpu");
    const isSoftware = device.adapter.includes("(software)");
    device.backend.dispose?.();
    return { isSoftware };
  } catch (error) {
    return { missing: (error as Error).message, isSoftware: false };
  }
}

const entriesOf = (job: Job, names: readonly string[]): Entry[] => names.map((contender) => ({ contender, job }));
const peak: Entry = { contender: "gpu fma peak", job: { kind: "gpu peak" } };

function products(isSmall: boolean): Case[] {
  const shapes = [
    [512, 512, 512],
    [1024, 1024, 1024],
    [2048, 2048, 2048],
    [4096, 4096, 4096],
    [128, 128, 16384],
    [8192, 64, 576],
  ] as const;
  return shapes.slice(0, isSmall ? 1 : shapes.length).map(([m, n, k]) => {
    const job = { kind: "gemm", m, n, k } as const;
    return {
      name: `gemm ${m}×${n}×${k}`,
      own: { contender: "own webgpu", job },
      rivals: [peak, ...entriesOf(job, ["tfjs-webgpu", "jax-js-webgpu", "pytorch cuda"])],
    };
  });
}

function convolutions(isSmall: boolean): Case[] {
  const shape = { images: isSmall ? 4 : batch, channels: 64, outputs: 64, size: 32, kernel: 3 };
  return (["forward", "input gradient", "weight gradient"] as const).map((pass) => {
    const job = { kind: "conv", pass, ...shape } as const;
    return {
      name: `conv 64→64 32² × ${shape.images}, ${pass}`,
      own: { contender: "own webgpu", job },
      rivals: [peak, ...entriesOf(job, ["tfjs-webgpu", "pytorch cuda"])],
    };
  });
}

function passes(isSmall: boolean): Case[] {
  const length = isSmall ? 2 ** 18 : 2 ** 25;
  const copy: Entry = { contender: "gpu copy", job: { kind: "elementwise", op: "copy", length } };
  return (["add", "softmax", "sgdUpdate", "adamUpdate"] as const).map((op) => ({
    name: `${op} ${length / 2 ** 20} M`,
    own: { contender: "own webgpu", job: { kind: "elementwise", op, length } as const },
    rivals: [copy],
  }));
}

async function* steps(net: Net, isSmall: boolean, run: Run): AsyncGenerator<Row> {
  const images = isSmall ? 16 : batch;
  const job: Job = { kind: "step", net, method: "sgd", batch: images };
  const others = ["own wasm", "pytorch cuda", ...(net === "lenet" ? ["tfjs-webgpu"] : [])];
  const sgd = { name: `${net}, sgd`, own: { contender: "own webgpu", job }, rivals: entriesOf(job, others) };
  yield* compareAll("gpu", [sgd], run);
  for (const method of ["skfac", "skfac fresh"] as const) {
    if (!run.wants(`${net}, ${method}`)) continue;
    const named = { topic: "gpu", case: `${net}, ${method}`, rivalName: "own webgpu sgd", unit: "ms", cost: true };
    const cost = await measureCycle(net, method, images, run, "own webgpu");
    if (typeof cost === "string") yield judge({ ...named, note: cost });
    else yield judge({ ...named, ours: cost.ms, rival: cost.sgd, ratio: 1 / cost.ratio, p90: 1 / cost.best });
  }
}
