import { describe, expect, it } from "vitest";
import { cpu } from "../backends/cpu.ts";
import { ones } from "./create.ts";
import { memory } from "./memory.ts";

describe("memory", () => {
  it("is a snapshot of a device's counts", () => {
    const before = memory(cpu);
    const t = ones([8]);
    const after = memory(cpu);
    expect(after.tensors - before.tensors).toBe(1);
    expect(after.bytes - before.bytes).toBe(32);
    expect(memory()).toEqual(after);
    t.dispose();
    expect(memory(cpu)).toEqual({ ...before, peakBytes: after.peakBytes });
  });
});
