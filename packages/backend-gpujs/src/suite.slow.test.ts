import type { CoverageRow } from "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { canRun, inPage } from "../testing/page.ts";

interface Answer {
  readonly rows: readonly CoverageRow[];
  readonly table: string;
  readonly buffers: number;
}

describe.skipIf(!canRun)("gpujs in a page", () => {
  it("computes every op as its reference does, gives back every buffer, and evaluates no text", async () => {
    const { value, violations } = await inPage<Answer>("ops-page.ts");
    console.log(value.table);
    expect(value.rows.filter(({ failure }) => failure !== null)).toEqual([]);
    expect([value.buffers, violations]).toEqual([0, []]);
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
