import { describe, expect, it } from "vitest";
import { ShapeError } from "../errors.ts";
import { setRecorder } from "../op/dispatch.ts";
import { pullBack, type Saved } from "../op/op.ts";
import { tensor, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { linear, linearOp } from "./linear.ts";
import { matmul } from "./matmul.ts";
import { permute, transpose } from "./permute.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());

describe("linear", () => {
  const weight = tensor([
    [3, 4],
    [5, 6],
    [7, 8],
  ]);

  it("is x Wᵀ + b", () => {
    expect(
      values(
        linear(
          tensor([
            [1, 2],
            [0, 1],
          ]),
          weight,
          tensor([0, 0, 1]),
        ),
      ),
    ).toEqual([11, 17, 24, 4, 6, 9]);
    expect(values(linear(tensor([[1, 2]]), weight, null))).toEqual(values(matmul(tensor([[1, 2]]), transpose(weight))));
  });

  it("keeps any number of leading axes, none too, in any layout", () => {
    expect(linear(zeros([2, 5, 2]), weight, null).shape).toEqual([2, 5, 3]);
    expect(values(linear(tensor([1, 2]), weight, tensor([1, 1, 1])))).toEqual([12, 18, 24]);
    const swapped = permute(
      tensor([
        [
          [1, 2],
          [3, 4],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ]),
      [1, 0, 2],
    );
    expect(values(linear(swapped, tensor([[1, 10]]), null))).toEqual([21, 65, 43, 87]);
  });

  it("gives the bias alone where there are no features, nothing where there are no rows", () => {
    expect(values(linear(zeros([2, 0]), zeros([2, 0]), tensor([1, 2])))).toEqual([1, 2, 1, 2]);
    expect(linear(zeros([0, 2]), weight, null).shape).toEqual([0, 3]);
  });

  it("throws ShapeError with the numbers", () => {
    expect(() => linear(zeros([4, 3]), weight, null)).toThrow(
      "linear: weight [3, 2] wants 2 features on the last axis of x (expected 2, got [4, 3]). The weight is [out, in].",
    );
    expect(() => linear(zeros([]), weight, null)).toThrow(ShapeError);
    expect(() => linear(zeros([1, 2]), weight, zeros([2]))).toThrow(
      "linear: bias must have one value for each of the 3 outputs (expected [3], got [2]).",
    );
    expect(() => linear(zeros([1, 2]), zeros([2]), null)).toThrow("linear: weight must be [out, in] (got [2]).");
  });
});

describe("linear's gradient", () => {
  /** Names of the ops that run when only some inputs need a cotangent. */
  function opsFor(needs: readonly boolean[]): string[] {
    const [x, weight] = [
      tensor([[[1, 2]], [[3, 4]]]),
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    ];
    const inputs = [x, weight, zeros([3])];
    const saved = linearOp.vjp!.saveInputs!({}, needs);
    const access: Saved = {
      specs: inputs,
      needs,
      input: (i) => (saved.includes(i) ? inputs[i] : undefined) as Tensor,
      output: () => undefined as unknown as Tensor,
    };
    const names: string[] = [];
    const previous = setRecorder({ record: ({ name }) => names.push(name) });
    try {
      const cotangents = pullBack(linearOp.vjp!, [tensor([[[1, 0, 0]], [[0, 1, 0]]])], access, {});
      expect(cotangents.map((t) => t?.shape)).toEqual(needs.map((need, i) => (need ? inputs[i]!.shape : undefined)));
    } finally {
      setRecorder(previous);
    }
    return names;
  }

  it("costs one product for x and one for the weight, each only where it is needed", () => {
    expect(opsFor([true, true, true]).filter((name) => name === "matmul")).toHaveLength(2);
    expect(opsFor([true, false, true]).filter((name) => name === "matmul")).toHaveLength(1);
    expect(opsFor([false, false, true])).not.toContain("matmul");
    expect(opsFor([true, true, false])).not.toContain("sum");
  });
});
