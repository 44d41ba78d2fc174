import { BackendError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { Pool, sizeClass } from "./buffers.ts";

describe("size classes", () => {
  it("hold what is asked for and waste at most a third beyond the smallest", () => {
    for (let bytes = 0; bytes < 100_000; bytes += 37) {
      const size = sizeClass(bytes);
      expect(size).toBeGreaterThanOrEqual(bytes);
      expect(size % 64).toBe(0);
      if (bytes > 256) expect(size - bytes).toBeLessThanOrEqual(bytes / 2);
    }
  });
});

/** A device of small limits whose memory is at its end, or is not. */
const deviceWith = (error: GPUError | null) =>
  ({
    limits: { maxBufferSize: 4096, maxStorageBufferBindingSize: 4096 },
    pushErrorScope() {},
    popErrorScope: async () => error,
    createBuffer: ({ size }: GPUBufferDescriptor) => ({ size, destroy() {} }),
  }) as unknown as GPUDevice;

describe("a pool", () => {
  it("gives a freed buffer to the next tensor of its size class, and counts bytes", () => {
    const pool = new Pool(deviceWith(null), () => {});
    const first = pool.take("float32", 100);
    pool.give(first);
    expect(pool.take("float32", 120)).toMatchObject({ id: (first as { id: number }).id });
    expect([pool.made, pool.bytes]).toEqual([1, 512]);
  });

  it("refuses a tensor beyond the device's largest buffer", () => {
    const pool = new Pool(deviceWith(null), () => {});
    expect(() => pool.take("float32", 1025)).toThrow(BackendError);
    expect(() => pool.take("float32", 1025)).toThrow(
      "webgpu: one tensor is larger than this device's largest buffer (expected at most 4096 bytes, got float32 [1025], 6144 bytes with its size class). Use smaller batches, or split the tensor.",
    );
    expect(pool.made).toBe(0);
  });

  it("tells of memory that was at its end, with what was asked for and what is held", async () => {
    const faults: BackendError[] = [];
    const pool = new Pool(deviceWith({ message: "no memory" }), (error) => faults.push(error));
    pool.take("float32", 1000);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toBeInstanceOf(BackendError);
    expect(faults[0]?.message).toMatch("no memory left for float32 [1000] (got 4096 bytes asked for, 0 bytes held)");
    expect(faults[0]?.message).toMatch("Use smaller batches");
  });

  it("keeps nothing of a buffer that there was no memory for, and gives back what lay free", async () => {
    let error: GPUError | null = null;
    const destroyed: number[] = [];
    const device = {
      limits: { maxBufferSize: 4096, maxStorageBufferBindingSize: 4096 },
      pushErrorScope() {},
      popErrorScope: async () => error,
      createBuffer: ({ size }: GPUBufferDescriptor) => ({ size, destroy: () => void destroyed.push(size) }),
    } as unknown as GPUDevice;
    const pool = new Pool(device, () => {});
    pool.give(pool.take("float32", 60));
    error = { message: "no memory" };
    const missing = pool.take("float32", 1000);
    await pool.checked;
    expect([pool.bytes, destroyed]).toEqual([0, [256]]);
    pool.give(missing);
    error = null;
    expect(pool.take("float32", 1000)).not.toMatchObject({ id: (missing as { id: number }).id });
  });
});
