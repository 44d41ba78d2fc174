import { type CoverageRow, lostSince } from "@kronograd/suites";
import { describe, expect, it } from "vitest";
import { canRun, inPage } from "../testing/page.ts";

interface Answer {
  readonly rows: readonly CoverageRow[];
  readonly table: string;
  readonly buffers: number;
}

describe.skipIf(!canRun)("gpujs in a page", () => {
  it("computes every op as its reference does with every kernel that it used to run, gives back every buffer, and evaluates no text", async () => {
    const { value, violations } = await inPage<Answer>("ops-page.ts");
    console.log(value.table);
    expect(value.rows.filter(({ failure }) => failure !== null)).toEqual([]);
    expect([value.buffers, violations]).toEqual([0, []]);
    expect(lostSince(new URL("../coverage.json", import.meta.url), value.rows)).toEqual([]);
  }, 600_000);
});

describe.skipIf(!canRun)("steps in a page", () => {
  it("make no texture after the first ones, and need no reference", async () => {
    const { value } = await inPage<{ start: number; end: number; losses: number[]; hostCalls: number }>(
      "textures-page.ts",
    );
    expect([value.end, value.hostCalls]).toEqual([value.start, 0]);
    expect(value.losses[0]).toBe(14);
    expect(value.losses.at(-1)).toBeLessThan(0.05);
  }, 120_000);
});

describe.skipIf(!canRun)("special values in a page", () => {
  it("are those of cpu, but for what docs/notes/gpu.md says", async () => {
    const { value } = await inPage<{ checks: number; differs: Record<string, string[]> }>("special-values-page.ts");
    expect(value.checks).toBeGreaterThan(35);
    expect(value.differs).toEqual({});
  }, 120_000);
});

describe.skipIf(!canRun)("a lost context", () => {
  it("ends the run with a BackendError that says what to do, and its checkpoint goes on elsewhere", async () => {
    type Told = { name: string; message: string } | null;
    const { value } = await inPage<{
      whole: number[];
      half: number[];
      told: Told;
      later: Told;
      step: number;
      rest: number[];
      contexts: number;
    }>("lost-page.ts");
    expect(value.contexts).toBeGreaterThan(0);
    for (const error of [value.told, value.later]) {
      expect(error).toMatchObject({ name: "BackendError" });
      expect(error?.message).toMatch("Open a new device and resume from the last checkpoint.");
    }
    expect([value.step, value.half.length < 20, value.rest.length]).toEqual([10, true, 10]);
    for (const [i, loss] of value.rest.entries()) expect(loss).toBeCloseTo(value.whole[10 + i] as number, 5);
  }, 120_000);
});

describe.skipIf(!canRun)("a tensor of more than 2²⁴ elements", () => {
  it("is a BackendError with what to do, and the device goes on", async () => {
    const { value } = await inPage<{ name: string; message: string; sum: number }>("too-large-page.ts");
    expect(value).toMatchObject({ name: "BackendError", sum: 16 });
    expect(value.message).toMatch(/at most 16777216 elements.*got 16777217.*Use smaller batches/s);
  }, 120_000);
});
