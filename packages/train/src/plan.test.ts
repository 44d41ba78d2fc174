import { BatchNorm, Conv2d, Dense, flatten, parameters, Sequential } from "@kronograd/layers";
import { Optimizer, sgd } from "@kronograd/optimizers";
import { cpu, Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { planOf } from "./plan.ts";

const split = { train: 40, validation: 0, test: 20, heldOut: false, leftOut: 8 };
const model = new Sequential(
  [new Conv2d({ in: 1, out: 2, kernel: 3 }), new BatchNorm({ features: 2 }), flatten(), new Dense({ in: 8, out: 3 })],
  { rng: new Rng(0) },
);

describe("planOf", () => {
  it("has one row for a weight with its bias, and one for each other parameter", () => {
    const plan = planOf(model, sgd(), 16, parameters(model), cpu, split);
    expect(plan).toMatchObject({ type: "plan", optimizer: "sgd", parameters: 20 + 4 + 27, rows: split });
    const rows = plan.type === "plan" ? plan.layers : [];
    expect(rows.map(({ name, shape, parameters, curvature }) => [name, shape, parameters, curvature])).toEqual([
      ["conv1", [2, 1, 3, 3], 20, "plain gradient"],
      ["norm1.gamma", [2], 2, "plain gradient"],
      ["norm1.beta", [2], 2, "plain gradient"],
      ["dense1", [3, 8], 27, "plain gradient"],
    ]);
  });

  it("asks the optimizer about each layer block, [out, in + 1]", () => {
    const optimizer = new Optimizer({
      name: "planned",
      learningRate: 1,
      chain: {
        name: "planned",
        init: () => null,
        update: (updates, state) => ({ updates, state }),
        plan: ({ shape }, batch) => ({
          form: `${shape.join("×")} of ${batch}`,
          flops: 5,
          bytes: 6,
          precision: "float64",
        }),
      },
    });
    const plan = planOf(model, optimizer, 16, parameters(model), cpu, split);
    const rows = plan.type === "plan" ? plan.layers : [];
    expect(rows.map(({ name, curvature, form }) => [name, curvature, form])).toEqual([
      ["conv1", "planned", "2×10 of 16"],
      ["norm1.gamma", "plain gradient", ""],
      ["norm1.beta", "plain gradient", ""],
      ["dense1", "planned", "3×9 of 16"],
    ]);
    expect(rows[0]).toMatchObject({ flops: 5, bytes: 6, precision: "float64" });
  });
});
