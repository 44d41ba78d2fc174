import { blobs, spiral } from "@kronograd/data";
import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import type { Config } from "./config.ts";
import { parseKeep, settle } from "./settings.ts";

const points = spiral({ rng: new Rng(0), train: 100, test: 10 });
const images = { ...blobs({ rng: new Rng(0), train: 1000, test: 10, dimensions: 4 }), inputShape: [1, 2, 2] };
const defaults = { optimizer: "sgd", keep: "last:1", report: false };
const settled = (config: Config, data = points) => settle([{ from: "flags", config }], defaults, [], data);
const refusal = (message: RegExp) =>
  expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) });

describe("settle", () => {
  it("chooses by the data what is left open", () => {
    expect(settled({})).toMatchObject({ model: "mlp:32,32", batch: 32, steps: 500, limit: 500, evaluateEvery: 25 });
    expect(settled({}, images)).toMatchObject({
      model: "mlp:128,64",
      batch: 128,
      epochs: 1,
      limit: 7,
      evaluateEvery: 50,
    });
  });

  it("lets learning rates fall where the steps are known", () => {
    expect(settled({}).schedule).toBe("linear");
    expect(settled({ seconds: 3 })).toMatchObject({ schedule: "constant", limit: Number.POSITIVE_INFINITY });
    expect(settled({ seconds: 3, steps: 10 }).schedule).toBe("linear");
    expect(() => settled({ seconds: 3, schedule: "cosine" })).toThrow(refusal(/steps are not known/));
  });

  it("counts seeds from the first", () => {
    expect(settled({ seed: 4, seeds: 3 }).seeds).toEqual([4, 5, 6]);
  });

  it("ends at the first of several limits", () => {
    expect(settled({ steps: 50, epochs: 2, batch: 10 }).limit).toBe(20);
  });
});

describe("parseKeep", () => {
  it("reads how many stay", () => {
    expect(parseKeep("last:3,best:1")).toEqual({ last: 3, best: 1 });
    expect(parseKeep("last:2")).toEqual({ last: 2, best: 0 });
    expect(parseKeep("best:1")).toEqual({ last: 1, best: 1 });
  });

  it("throws UsageError for anything else", () => {
    for (const text of ["", "last", "last:0", "best:2", "first:1", "last:x"]) {
      expect(() => parseKeep(text), text).toThrow(refusal(/rule cannot be read/));
    }
  });
});
