import { spiral } from "@kronograd/data";
import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { headLine, planTable } from "./plan-table.ts";

const layer = { shape: [4, 2], parameters: 12, curvature: "kfac", flops: 1234, bytes: 5678, precision: "float64" };
const rows = { train: 400, validation: 0, test: 200, heldOut: false, leftOut: 0 };
const plan = { type: "plan" as const, device: "cpu", why: [], optimizer: "kfac", parameters: 1218, rows };

describe("headLine", () => {
  it("says data, model, size and device", () => {
    const data = spiral({ rng: new Rng(0), train: 400, test: 200 });
    expect(headLine(data, "mlp:32", plan)).toBe("spiral · 400 train / 200 test · mlp:32 · 1,218 parameters · cpu");
    const held = { ...plan, rows: { ...rows, train: 360, validation: 40 } };
    expect(headLine(data, "mlp:32", held)).toContain("spiral · 360 train / 40 validation / 200 test · mlp:32");
  });
});

describe("planTable", () => {
  it("has a row for each layer with curvature, and names the others", () => {
    const layers = [
      { ...layer, name: "dense1", form: "A 3 × 3 · G 4 × 4" },
      { ...layer, name: "norm1.gamma", form: "" },
    ];
    expect(planTable("kfac", { ...plan, layers })).toEqual([
      "plan of kfac",
      "  layer   weight  curvature          flops/step     kept  precision",
      "  dense1  [4, 2]  A 3 × 3 · G 4 × 4        1234  5.68 kB  float64",
      "  plain gradient: norm1.gamma",
    ]);
  });

  it("says in one line that there is no curvature", () => {
    const layers = [{ ...layer, name: "dense1", form: "" }];
    expect(planTable("sgd", { ...plan, layers })).toEqual(["plan of sgd: the plain gradient in every layer"]);
    expect(planTable("sgd", { ...plan, layers, peakBytes: 5678 })).toEqual([
      "plan of sgd: the plain gradient in every layer; a step needs about 5.68 kB at its peak",
    ]);
  });
});
