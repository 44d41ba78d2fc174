import {
  type Backend,
  createDevice,
  Device,
  type Kernel,
  opRegistry,
  type TypedArray,
  typedArray,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { coverageTable, coverOp } from "./coverage.ts";
import { backendSuite } from "./suite.ts";

backendSuite("cpu", () => createDevice("cpu"));

/** A backend in host memory with one kernel. */
function withKernel(name: string, kernel: Kernel): Device {
  const backend: Backend = {
    name: "planted",
    adapter: "test",
    kernels: new Map([[name, kernel]]),
    allocate: typedArray,
    free: () => {},
    write: (handle, values) => (handle as TypedArray).set(values),
    read: (handle) => (handle as TypedArray).slice(),
    host: (handle) => handle as TypedArray,
  };
  return new Device(backend);
}

describe("coverOp", () => {
  it("reports a kernel that ignores strides", async () => {
    const careless: Kernel = ([out], [x]) => {
      const [to, from] = [out!.handle, x!.handle] as [Float64Array, Float64Array];
      for (let i = 0; i < to.length; i++) to[i] = Math.exp(from[i]!);
      return true;
    };
    const row = await coverOp(withKernel("exp", careless), opRegistry.get("exp")!);
    expect(row.kernel).toBeGreaterThan(0);
    expect(row.failure).toMatch(/want/);
    expect(coverageTable([row])).toMatch(/exp +kernel .*FAILED\n1 of 1 ops have a kernel/);
  });

  it("counts a kernel that declines as reference", async () => {
    const row = await coverOp(
      withKernel("exp", () => false),
      opRegistry.get("exp")!,
    );
    expect(row).toMatchObject({ kernel: 0, failure: null });
  });
});
