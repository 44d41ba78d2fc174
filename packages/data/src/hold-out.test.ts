import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { defineDataset } from "./dataset.ts";
import { holdOut } from "./hold-out.ts";

const rng = new Rng(4);
const rows = { inputs: Array.from({ length: 100 }, (_, i) => [i]), targets: Array.from({ length: 100 }, (_, i) => Number(i >= 80)) }; // biome-ignore format: two columns
const { train: labelled } = defineDataset({
  name: "uneven",
  task: "classification",
  classes: 2,
  source: "by hand",
  train: rows,
  test: rows,
});
const of = (values: ArrayLike<number>) => Array.from(values);

describe("holdOut", () => {
  it("splits the rows in two, each in their order", () => {
    const { train, validation } = holdOut(labelled, { rng, share: 0.2 });
    expect([train.count, validation.count]).toEqual([80, 20]);
    const both = [...of(train.inputs.values), ...of(validation.inputs.values)];
    expect(both.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(of(validation.inputs.values)).toEqual(of(validation.inputs.values).sort((a, b) => a - b));
    of(train.inputs.values).forEach((i, row) => {
      expect(train.targets.values[row]).toBe(Number(i >= 80));
    });
  });

  it("keeps the mix of classes", () => {
    for (const share of [0.1, 0.2, 0.35]) {
      const { validation } = holdOut(labelled, { rng, share });
      expect(of(validation.targets.values).filter((label) => label === 1)).toHaveLength(share * 20);
    }
  });

  it("is a function of the seed, and leaves the stream where it is", () => {
    const before = rng.state();
    const chosen = (seed: Rng) => of(holdOut(labelled, { rng: seed }).validation.inputs.values);
    expect(chosen(rng)).toEqual(chosen(new Rng(4)));
    expect(chosen(rng)).not.toEqual(chosen(new Rng(5)));
    expect(rng.state()).toEqual(before);
  });

  it("chooses rows whatever their class where there are no labels", () => {
    const targets = { values: Float64Array.from({ length: 100 }, (_, i) => i), shape: [], prepare: "floats" } as const;
    const { train, validation } = holdOut({ ...labelled, targets }, { rng });
    expect([train.count, validation.count]).toEqual([90, 10]);
    expect(of(validation.targets.values)).toEqual(of(validation.inputs.values));
  });

  it("throws UsageError for a share that leaves nothing on one side", () => {
    for (const share of [0, 1, 0.001, Number.NaN, 0.999]) {
      expect(() => holdOut(labelled, { rng, share })).toThrow(expect.objectContaining({ name: "UsageError" }));
    }
  });
});
