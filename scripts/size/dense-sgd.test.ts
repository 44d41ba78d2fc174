import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWasm } from "@kronograd/backend-wasm";
import { defineDataset } from "@kronograd/data";
import { mlp, softmaxCrossEntropy } from "@kronograd/layers";
import { adam, sgd } from "@kronograd/optimizers";
import { Device, Rng } from "@kronograd/tensor";
import { fit as train } from "@kronograd/train";
import { describe, expect, it } from "vitest";
import { bundle } from "../size.ts";
import { denseWasm } from "./dense-backend.ts";
import { type Batch, trainDenseNet } from "./dense-sgd.ts";

const rng = new Rng(1);
const batch: Batch = {
  rows: Float32Array.from({ length: 16 * 20 }, () => rng.normal()),
  labels: Int32Array.from({ length: 16 }, (_, n) => n % 10),
};
const batches = new Array<Batch>(12).fill(batch);

describe("the backend of the size budget", () => {
  it("trains a dense net to the bits of the whole backend, and runs no reference loop", async () => {
    const device = new Device(await denseWasm.create({}), { strict: true });
    const losses = await trainDenseNet(batches, device);
    expect(losses).toEqual(await trainDenseNet(batches, new Device(await openWasm())));
    expect(losses.at(-1)).toBeLessThan(0.7 * losses[0]!);
    expect(device.coverage.get("linear")).toMatchObject({ kernel: 24, reference: 0 });
  });

  it.each([
    [sgd, "weightedSum"],
    [adam, "adamUpdate"],
  ] as const)("has every kernel that fit() asks for with $0.name", async (optimizer, rule) => {
    const device = new Device(await denseWasm.create({}));
    const part = { inputs: batch.rows, targets: batch.labels };
    const kind = { name: "noise", source: "random", task: "classification", classes: 10, inputShape: [20] } as const;
    const data = defineDataset({ ...kind, train: part, test: part });
    const model = mlp([20, 32, 10], { rng: new Rng(0), device });
    const options = { loss: softmaxCrossEntropy(), data, optimizer: optimizer(), batch: 6, epochs: 2, rng: new Rng(0) };
    const types = new Set<string>();
    for await (const { type } of train({ model, ...options })) types.add(type);
    expect(types).toContain("eval");
    expect([...device.coverage].filter(([, { reference }]) => reference > 0)).toEqual([]);
    for (const op of ["linear", "argMax", rule]) expect(device.coverage.get(op)?.kernel, op).toBeGreaterThan(0);
  });

  it("gives these losses bundled and minified as it is measured", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kronograd-size-"));
    try {
      const outfile = join(folder, "program.mjs");
      await bundle("scripts/size/dense-sgd.ts", { outfile });
      const program = (await import(/* @vite-ignore */ outfile)) as typeof import("./dense-sgd.ts");
      const device = new Device(await denseWasm.create({}));
      expect(await program.trainDenseNet(batches)).toEqual(await trainDenseNet(batches, device));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
