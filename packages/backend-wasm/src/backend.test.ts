import { add, BackendError, createDevice, Device, full, listBackends, scope, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { WasmBackend } from "./backend.ts";
import { refusal } from "./features.ts";
import "./index.ts";

describe("the wasm device", () => {
  it("is registered and opens by name", async () => {
    const device = await createDevice("wasm");
    expect(device.kind).toBe("wasm");
    expect(device.toString()).toMatch(/^wasm \(.*SIMD.*, one thread\)$/);
    expect(await listBackends()).toContainEqual({ name: "wasm", unavailable: null });
  });

  it("is preferred to cpu, and says so", async () => {
    const device = await createDevice("auto");
    expect(device.kind).toBe("wasm");
    expect(device.why).toContain("wasm: chosen");
  });

  it("says that it has no workers when threads are asked for", async () => {
    const device = await createDevice("wasm", { threads: 4 });
    expect(device.adapter).toMatch(/one thread, not 4/);
  });

  it("keeps values over growth of its memory", () => {
    const device = new Device(new WasmBackend());
    scope(() => {
      const small = tensor([1, 2, 3], { device });
      const large = full([3_000_000], 1, { device });
      expect([...add(small, 1).dataSync()]).toEqual([2, 3, 4]);
      expect(large.dataSync().at(-1)).toBe(1);
    });
    expect(device.memory.buffers).toBe(0);
  });

  it("refuses to allocate after it was disposed", () => {
    const backend = new WasmBackend();
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
