import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWasm } from "@kronograd/backend-wasm";
import { Device, Rng } from "@kronograd/tensor";
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
    expect(device.coverage.get("linear")).toEqual({ kernel: 24, reference: 0 });
  });

  it("does so bundled and minified as it is measured", async () => {
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
