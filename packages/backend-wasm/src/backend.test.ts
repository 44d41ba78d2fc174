import { execFileSync } from "node:child_process";
import { add, BackendError, createDevice, Device, full, listBackends, scope, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { refusal } from "./engine/features.ts";
import { openWasm } from "./index.ts";

/** Run a program that may not make code from strings. @returns what it printed */
function runStrict(program: string): string {
  const flags = ["--conditions=@kronograd/source", "--disallow-code-generation-from-strings", "--input-type=module"];
  return execFileSync(process.execPath, [...flags, "--eval", program], { encoding: "utf8", cwd: import.meta.dirname });
}

describe("the wasm device", () => {
  it("is registered and opens by name", async () => {
    const device = await createDevice("wasm");
    expect(device.kind).toBe("wasm");
    expect(device.toString()).toMatch(/^wasm \(.*SIMD.*, one thread\)$/);
    const state = (await listBackends()).find(({ name }) => name === "wasm");
    expect(state).toMatchObject({ unavailable: null, passedOver: null });
    expect(state?.offers?.[0]).toMatch(/^threads \(\d+ cores\): yes$/);
  });

  it("is preferred to cpu, and says so", async () => {
    const device = await createDevice("auto");
    expect(device.kind).toBe("wasm");
    expect(device.why).toContain("wasm: chosen");
  });

  it("keeps values over growth of its memory", async () => {
    const device = new Device(await openWasm());
    scope(() => {
      const small = tensor([1, 2, 3], { device });
      const large = full([3_000_000], 1, { device });
      expect([...add(small, 1).dataSync()]).toEqual([2, 3, 4]);
      expect(large.dataSync().at(-1)).toBe(1);
    });
    expect(device.memory.buffers).toBe(0);
  });

  it("works where code from strings is forbidden", () => {
    const program = `
      import { createDevice, relu, tensor } from "@kronograd/tensor";
      import "@kronograd/backend-wasm";
      let blocked = "no";
      try { new Function("return 1"); } catch { blocked = "yes"; }
      const device = await createDevice("wasm");
      console.log(blocked, relu(tensor([-1, 2], { device })).dataSync().join());`;
    expect(runStrict(program).trim()).toBe("yes 0,2");
  });

  it("refuses to allocate after it was disposed", async () => {
    const backend = await openWasm();
    const handle = backend.allocate("float32", 3);
    backend.dispose();
    backend.free(handle);
    expect(() => backend.allocate("float32", 3)).toThrow(BackendError);
  });

  it("says what is missing in an engine without SIMD", () => {
    expect(refusal({ simd: false, relaxed: false })).toMatch(/no SIMD/);
    expect(refusal({ simd: true, relaxed: false })).toBeNull();
  });
});
