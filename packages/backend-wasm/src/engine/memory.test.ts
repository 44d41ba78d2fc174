import { BackendError } from "@kronograd/tensor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { guards } from "../../testing/guards.ts";
import { type Block, classOf, Memory } from "./memory.ts";

describe("classOf", () => {
  it("loses at most a fifth and keeps 64-byte alignment", () => {
    fc.assert(
      fc.property(fc.integer({ min: 129, max: 2 ** 31 }), (bytes) => {
        const size = classOf(bytes);
        expect(size % 64).toBe(0);
        expect(size).toBeGreaterThanOrEqual(bytes);
        expect(size - bytes).toBeLessThan(Math.max(64, bytes / 4));
        expect(classOf(size)).toBe(size);
      }),
    );
  });
});

describe("Memory", () => {
  it("never gives two blocks in use the same bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(3000)), { maxLength: 60 }), (calls) => {
        const memory = new Memory({ maximumPages: 300, guards });
        const live: Block[] = [];
        for (const [gives, length] of calls) {
          if (gives && live.length > 0) memory.free(live.splice(length % live.length, 1)[0]!);
          else live.push(memory.allocate("float32", length));
        }
        const sorted = [...live].sort((a, b) => a.address - b.address);
        sorted.forEach(({ address, length }, i) => {
          expect(address % 64).toBe(0);
          const next = sorted[i + 1]?.address ?? memory.wasm.buffer.byteLength;
          expect(next - (address + 4 * length)).toBeGreaterThanOrEqual(64);
        });
        expect(memory.usedBytes).toBe(live.reduce((sum, { size }) => sum + size, 0));
      }),
      { numRuns: 30 },
    );
  });

  it("uses a freed block of the same class first", () => {
    const memory = new Memory({ maximumPages: 16 });
    const first = memory.allocate("float32", 1000);
    memory.free(first);
    expect(memory.allocate("float64", 490).address).toBe(first.address);
  });

  it("gives scratch blocks back together", () => {
    const memory = new Memory({ maximumPages: 16 });
    memory.scratch("float32", 10);
    memory.scratch("int32", 5000);
    expect(memory.usedBytes).toBeGreaterThan(20_000);
    memory.releaseScratch();
    expect(memory.usedBytes).toBe(0);
  });

  it("says at its end what was asked, used and allowed, and goes on working", () => {
    const memory = new Memory({ maximumPages: 32 });
    const held = memory.allocate("float32", 250_000);
    held satisfies Block;
    expect(() => memory.allocate("float64", 200_000)).toThrow(BackendError);
    expect(() => memory.allocate("float64", 200_000)).toThrow(
      /no room for 200000 elements of float64, 1\.5 MiB \(expected at most 2\.0 MiB in all, got 1\.0 MiB in use and 0\.0 MiB free/,
    );
    expect(memory.allocate("float32", 1000).length).toBe(1000);
  });

  it("takes a larger free block at its end", () => {
    const memory = new Memory({ maximumPages: 32 });
    const block = memory.allocate("float32", 400_000);
    memory.free(block);
    const smaller = memory.allocate("float32", 300_000);
    expect(smaller).toMatchObject({ address: block.address, size: block.size });
  });

  it("finds what was written behind a block's data, with guards", () => {
    const memory = new Memory({ maximumPages: 16, guards });
    const block = memory.allocate("float32", 5);
    expect([...memory.view(block)]).toEqual(new Array(5).fill(Number.NaN));
    new Float32Array(memory.wasm.buffer)[block.address / 4 + 5] = 1;
    expect(() => memory.free(block)).toThrow("wrote behind the 5 elements of a float32 buffer");
  });
});
