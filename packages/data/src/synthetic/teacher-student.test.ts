import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { teacherStudent } from "./teacher-student.ts";

const rng = new Rng(0);

describe("teacherStudent", () => {
  it("gives targets that the exposed teacher computes", () => {
    const { train, test, teacher } = teacherStudent({ rng, inputs: 2, hidden: [3], outputs: 2, train: 5, test: 4 });
    const [first, last] = teacher as [(typeof teacher)[0], (typeof teacher)[0]];
    expect([first.weight.length, first.bias.length, last.weight.length, last.bias.length]).toEqual([6, 3, 6, 2]);
    for (const {
      inputs: { values: inputs },
      targets: { values: targets },
      count,
    } of [train, test]) {
      for (let row = 0; row < count; row++) {
        const [x, y] = [inputs[2 * row]!, inputs[2 * row + 1]!];
        const h = [0, 1, 2].map((i) =>
          Math.tanh(first.weight[2 * i]! * x + first.weight[2 * i + 1]! * y + first.bias[i]!),
        );
        for (const out of [0, 1]) {
          const expected = h.reduce((sum, value, j) => sum + last.weight[3 * out + j]! * value, last.bias[out]!);
          expect(targets[2 * row + out]).toBeCloseTo(expected, 14);
        }
      }
    }
  });

  it("is linear without hidden layers", () => {
    const { teacher, inputShape, targetShape } = teacherStudent({ rng, inputs: 4, hidden: [] });
    expect([teacher.length, inputShape, targetShape]).toEqual([1, [4], [1]]);
  });

  it("adds noise of the deviation asked for, to the same targets", () => {
    const clean = teacherStudent({ rng }).test;
    const noisy = teacherStudent({ rng, noise: 0.3 }).test;
    expect(noisy.inputs.values).toEqual(clean.inputs.values);
    const variance =
      Array.from(clean.targets.values).reduce((sum, value, i) => sum + (noisy.targets.values[i]! - value) ** 2, 0) /
      1000;
    expect(Math.abs(variance - 0.09)).toBeLessThan(0.016); // standard error 0.09·√(2/1000) = 0.004
  });

  it("throws UsageError for widths that are no counts", () => {
    for (const wrong of [{ inputs: 0 }, { hidden: [4, 0] }, { outputs: 1.5 }]) {
      expect(() => teacherStudent({ rng, ...wrong })).toThrow(expect.objectContaining({ name: "UsageError" }));
    }
  });
});
