import { describe, expect, it } from "vitest";
import { cpu } from "../backends/cpu.ts";
import { Device } from "../device.ts";
import { Storage } from "./storage.ts";

/** A device of its own, so that counts start at 0, which notes what was freed. */
function freshDevice() {
  const freed: unknown[] = [];
  const { backend } = cpu;
  const device = new Device({
    name: "counting",
    adapter: "test",
    kernels: new Map(),
    allocate: (dtype, length) => backend.allocate(dtype, length),
    free: (handle) => freed.push(handle),
    write: (handle, values) => backend.write(handle, values),
    read: (handle) => backend.read(handle),
  });
  return { device, freed };
}

describe("Storage", () => {
  it("counts buffers, bytes and their peak", () => {
    const { device } = freshDevice();
    const a = new Storage(device, "float64", 4);
    const b = new Storage(device, "int32", 2);
    expect(device.memory).toMatchObject({ buffers: 2, bytes: 40, peakBytes: 40 });
    a.hold();
    a.release();
    expect(device.memory).toMatchObject({ buffers: 1, bytes: 8, peakBytes: 40 });
    b.hold();
    b.release();
  });

  it("goes back to its backend with the last reference", () => {
    const { device, freed } = freshDevice();
    const storage = new Storage(device, "float32", 3);
    storage.hold();
    storage.hold();
    storage.release();
    expect(freed).toEqual([]);
    storage.release();
    expect(freed).toEqual([storage.handle]);
  });

  it("never gives back a buffer that it took over or lent", () => {
    const { device, freed } = freshDevice();
    const wrapped = new Storage(device, "float32", 2, Float32Array.of(1, 2));
    const lent = new Storage(device, "float32", 2);
    lent.lend();
    for (const storage of [wrapped, lent]) {
      storage.hold();
      storage.release();
    }
    expect(freed).toEqual([]);
    expect(device.memory).toMatchObject({ buffers: 0, bytes: 0 });
  });
});
