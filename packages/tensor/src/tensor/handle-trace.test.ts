import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { createDevice } from "../devices.ts";
import "../backends/cpu.ts";
import { add } from "../ops/arithmetic.ts";
import { ones } from "./create.ts";
import { traceHandles } from "./handle-trace.ts";
import { scope } from "./scope.ts";

describe("traceHandles", () => {
  it("lists handles that were not disposed of, with the calls that made them", () => {
    using trace = traceHandles();
    const kept = scope(() => add(ones([2]), 1));
    const live = trace.live();
    expect(live.map(({ tensor }) => tensor)).toEqual([kept]);
    expect(live[0]?.madeAt).toContain("handle-trace.test.ts");
    expect(String(trace)).toMatch(/^Tensor \[2\] float32 on cpu, made at .*handle-trace\.test\.ts/);
    kept.dispose();
    expect(trace.live()).toEqual([]);
    expect(String(trace)).toBe("");
  });

  it("sees nothing from before it began, and stops when it is disposed of", () => {
    const old = ones([1]);
    const trace = traceHandles();
    trace[Symbol.dispose]();
    const later = ones([1]);
    expect(trace.live()).toEqual([]);
    for (const t of [old, later]) t.dispose();
  });
});

describe("forgotten handles", () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");

  /** Collect garbage until the finalizers have run. */
  async function until(done: () => boolean): Promise<void> {
    for (let i = 0; i < 50 && !done(); i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  it("give their buffers back, counted; a strict device says where they were made", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const device = await createDevice("cpu", { strict: true });
    const forget = () => {
      for (let i = 0; i < 3; i++) ones([4], { device });
    };
    forget();
    expect(device.memory).toMatchObject({ tensors: 3, buffers: 3, forgotten: 0 });
    await until(() => device.memory.forgotten === 3);
    expect(device.memory).toMatchObject({ tensors: 0, buffers: 0, bytes: 0, forgotten: 3 });
    expect(warn).toHaveBeenCalledTimes(3);
    expect(warn.mock.calls[0]?.[0]).toMatch(/never disposed of \(16 bytes, made at .*handle-trace\.test\.ts/);
    warn.mockRestore();
  });
});
