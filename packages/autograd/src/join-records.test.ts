import { normal, Rng, type Shape, slice, type Tensor, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { joinRecords } from "./join-records.ts";
import { layerRecord } from "./layer-record.ts";
import { reductions } from "./reductions.ts";

const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const [input, first, second] = [random(1, [9, 5, 4]), random(2, [9, 5, 3]), random(3, [9, 5, 3])];
const part = (from: number, to: number, name = "layer", columns = 2) => {
  const rows = (t: Tensor) => slice(t, [[from, to]]);
  const outputGrads = [rows(first), rows(second)].slice(0, columns);
  const uses = [{ input: rows(input), outputGrads }];
  return layerRecord({ name, geometry: { kind: "dense" }, hasBias: true, labels: "exact", uses });
};

describe("joinRecords", () => {
  it("T13: unequal micro-batches have the statistics of the whole batch", () => {
    const [whole, joined] = [part(0, 9), joinRecords([part(0, 2), part(2, 9)])];
    expect(joined.examples).toBe(9);
    for (const reduction of ["expand", "reduce", "subsample"] as const) {
      for (const side of ["inputs", "outputGrads"] as const) {
        expect(joined.secondMoment(side, reductions[reduction])).toBeAllclose(
          whole.secondMoment(side, reductions[reduction]),
        );
      }
    }
  });

  it("refuses records of different layers or label columns, and an empty list", () => {
    expect(() => joinRecords([part(0, 2), part(2, 9, "other")])).toThrow(/expected layer, exact labels/);
    expect(() => joinRecords([part(0, 2), part(2, 9, "layer", 1)])).toThrow(UsageError);
    expect(() => joinRecords([])).toThrow(UsageError);
  });
});
