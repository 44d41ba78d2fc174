import { logSumExp, type Rng, scope, softmax, softmaxCrossEntropy, tensor, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { agree, guarded } from "../../testing/agree.ts";

const narrow = { dtypes: ["float32"] } as const;
const rows = (rng: Rng) => [rng.integer(4), 1 + rng.integer(3)].slice(rng.integer(2));

describe("rows of logits", () => {
  it("softmax and logSoftmax agree for any length of the last axis", async () => {
    for (const name of ["softmax", "logSoftmax"]) {
      await agree(
        name,
        (rng) => {
          const shape = [...rows(rng), 1 + rng.integer(37)];
          return { inputs: [{ shape, range: [-20, 20] }], params: { axis: shape.length - 1 } };
        },
        { ...narrow, runs: 50 },
      );
    }
  });

  it("logSumExp agrees over trailing axes", async () => {
    await agree(
      "logSumExp",
      (rng) => {
        const shape = [...rows(rng), 1 + rng.integer(5), rng.integer(9)];
        return {
          inputs: [{ shape, range: [-20, 20] }],
          params: { axes: [shape.length - 2, shape.length - 1], keep: false },
        };
      },
      { ...narrow, runs: 40 },
    );
  });

  it("cross-entropy and its gradient agree for any number of classes", async () => {
    for (const name of ["softmaxCrossEntropy", "softmaxCrossEntropyGrad"]) {
      await agree(
        name,
        (rng) => {
          const lead = [1 + rng.integer(5)];
          const classes = 1 + rng.integer(21);
          const labels = { shape: lead, dtype: "int32", range: [0, classes] } as const;
          const cotangent = name === "softmaxCrossEntropy" ? [] : [{ shape: [] }];
          return {
            inputs: [{ shape: [...lead, classes], range: [-10, 10] }, labels, ...cotangent],
            params: { labelSmoothing: rng.integer(2) * 0.1, reduction: rng.integer(2) === 0 ? "mean" : "sum" },
          };
        },
        { ...narrow, runs: 60 },
      );
    }
  });

  it("does not overflow, and keeps infinities as the reference does", () => {
    scope(() => {
      const device = guarded;
      expect([...softmax(tensor([1000, 1000, -1000], { device })).dataSync()]).toEqual([0.5, 0.5, 0]);
      expect(logSumExp(tensor([-Infinity, -Infinity], { device })).itemSync()).toBe(-Infinity);
      expect(logSumExp(tensor([Infinity, 1], { device })).itemSync()).toBe(Infinity);
      for (let place = 0; place < 19; place++) {
        const x = Float32Array.from({ length: 19 }, (_, i) => (i === place ? Number.NaN : i === 5 ? Infinity : i));
        expect(logSumExp(tensor(x, { device })).itemSync()).toBeNaN();
        expect(softmax(tensor(x, { device })).dataSync().every(Number.isNaN)).toBe(true);
      }
    });
  });

  it("refuses a label out of range", () => {
    scope(() => {
      const logits = tensor([[1, 2]], { device: guarded });
      const labels = tensor(Int32Array.of(2), { device: guarded });
      expect(() => softmaxCrossEntropy(logits, labels)).toThrow(UsageError);
    });
  });
});
