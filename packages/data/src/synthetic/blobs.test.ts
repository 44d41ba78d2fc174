import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { blobs } from "./blobs.ts";

describe("blobs", () => {
  it("has one centre a class, the same in both splits", () => {
    const { train, test, inputShape } = blobs({ rng: new Rng(0), classes: 4, dimensions: 3, noise: 0 });
    expect(inputShape).toEqual([3]);
    const centres = new Map<number, string>();
    for (const {
      inputs: { values: inputs },
      targets: { values: targets },
    } of [train, test]) {
      targets.forEach((label, i) => {
        const point = inputs.slice(3 * i, 3 * i + 3).join();
        expect(centres.get(label) ?? point).toBe(point);
        centres.set(label, point);
      });
    }
    expect(new Set(centres.values()).size).toBe(4);
  });

  it("throws UsageError for settings out of range", () => {
    for (const wrong of [{ classes: 1 }, { dimensions: 0 }, { spread: -1 }]) {
      expect(() => blobs({ rng: new Rng(0), ...wrong })).toThrow(expect.objectContaining({ name: "UsageError" }));
    }
  });
});
