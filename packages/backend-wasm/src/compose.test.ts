import { coverageTable, coverOp } from "@kronograd/suites";
import {
  BackendError,
  conv2d,
  createDevice,
  Device,
  listBackends,
  opRegistry,
  Rng,
  scope,
  tensor,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import * as compose from "./compose.ts";
import { everyFamily } from "./kernels.ts";

const { composeWasm, elementwiseKernels, moveKernels, productKernels, threads } = compose;

const families = [elementwiseKernels, productKernels, moveKernels];
const small = composeWasm(families);

/** Bits of y [2, 3, 5, 5] of a convolution. */
function convolve(device: Device): number[] {
  const rng = new Rng(0);
  const draw = (shape: readonly number[]) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal());
    return tensor(values, { shape, device });
  };
  return scope(() => [...conv2d(draw([2, 4, 5, 5]), draw([3, 4, 3, 3]), null, { padding: 1 }).dataSync()]);
}

describe("a backend put together from families", () => {
  it("registers nothing of itself", async () => {
    expect((await listBackends()).map(({ name }) => name)).not.toContain("wasm");
    await expect(createDevice("wasm")).rejects.toThrow('unknown backend "wasm"');
  });

  it("may have every family of the whole one", () => {
    expect(Object.values(compose)).toEqual(expect.arrayContaining([...everyFamily]));
  });

  it("runs the reference of an op of no family, to its bits, and counts that", async () => {
    const device = new Device(await small.create({}));
    expect(convolve(device)).toEqual(convolve(await createDevice("cpu")));
    expect(device.coverage.get("conv2d")).toMatchObject({ kernel: 0, reference: 1 });
    expect(device.memory.buffers).toBe(0);
  });

  it("says in its coverage table what has a kernel", async () => {
    const device = new Device(await small.create({}));
    const rows = [await coverOp(device, opRegistry.get("matmul")!), await coverOp(device, opRegistry.get("conv2d")!)];
    expect(rows.map(({ failure }) => failure)).toEqual([null, null]);
    expect(coverageTable(rows)).toMatch(/^matmul +kernel .*\nconv2d +reference /m);
  });

  it("refuses an op of no family where it is strict", async () => {
    const device = new Device(await small.create({}), { strict: true });
    expect(() => convolve(device)).toThrow("strict and has no kernel for this call");
  });

  it("has one thread without the part for more, and says why", async () => {
    const device = new Device(await small.create({ threads: 2 }));
    expect(device.adapter).toMatch(/one thread, not 2: this backend was composed without threads$/);
    expect(small.offers?.()).toEqual([]);
    const { adapter, dispose } = await composeWasm(families, { threads }).create({ threads: 2 });
    expect(adapter).toMatch(/2 threads$/);
    dispose();
  });

  it("refuses vectors of 256 bits without their part", async () => {
    await expect(small.create({ fast: "revectorize" })).rejects.toThrow(BackendError);
  });
});
