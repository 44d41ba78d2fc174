import { describe, expect, it } from "vitest";
import { DtypeError, ShapeError, UsageError } from "../errors.ts";
import { dispatch, run } from "../op/dispatch.ts";
import { pullBack } from "../op/op.ts";
import { transpose } from "../ops/permute.ts";
import { slice } from "../ops/slice.ts";
import { broadcastTo } from "../ops/sum-broadcast.ts";
import { ones, tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";
import * as e from "./primitives.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());

const affineOp = elementwise("test.affine", (x, y) => e.add(e.mul(e.parameter("slope"), x), y), {
  parameters: { slope: 2 },
});
const affine = (x: Tensor, y: Tensor, slope = 2) => run(affineOp, [x, y], { slope });

describe("elementwise", () => {
  it("evaluates its expression with its parameters", () => {
    expect(values(affine(tensor([1, 2]), tensor([10, 20]), 3))).toEqual([13, 26]);
  });

  it("throws where a parameter is missing", () => {
    expect(() => run(affineOp, [ones([1]), ones([1])], {})).toThrow(UsageError);
    expect(() => run(affineOp, [ones([1]), ones([1])], {})).toThrow('parameter "slope" is missing');
  });

  it("broadcasts scalars, rows and columns", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(values(affine(x, tensor(1)))).toEqual([3, 5, 7, 9, 11, 13]);
    expect(values(affine(x, tensor([10, 20, 30])))).toEqual([12, 24, 36, 18, 30, 42]);
    expect(values(affine(x, tensor([[100], [200]])))).toEqual([102, 104, 106, 208, 210, 212]);
    expect(affine(tensor([[1], [2]]), tensor([1, 2, 3])).shape).toEqual([2, 3]);
    expect(() => affine(x, tensor([1, 2]))).toThrow(ShapeError);
  });

  it("reads views in every layout: transposed, sliced, flipped, broadcast", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const zero = tensor(0);
    expect(values(affine(transpose(x), zero))).toEqual([2, 8, 4, 10, 6, 12]);
    expect(values(affine(slice(x, [null, [0, 3, 2]]), zero))).toEqual([2, 6, 8, 12]);
    expect(
      values(
        affine(
          slice(x, [
            [undefined, undefined, -1],
            [2, undefined, -1],
          ]),
          zero,
        ),
      ),
    ).toEqual([12, 10, 8, 6, 4, 2]);
    expect(values(affine(broadcastTo(tensor([[7]]), [2, 2]), zero))).toEqual([14, 14, 14, 14]);
  });

  it("handles empty tensors and scalars", () => {
    expect(affine(ones([0, 3]), ones([3])).shape).toEqual([0, 3]);
    expect(values(affine(tensor(1), tensor(2)))).toEqual([4]);
  });

  it("computes each output of several, and shared nodes once", () => {
    const both = elementwise("test.both", (x) => {
      const square = e.square(x);
      return [square, e.neg(square)];
    });
    expect(dispatch(both, [tensor([1, 2, 3])], {}).map(values)).toEqual([
      [1, 4, 9],
      [-1, -4, -9],
    ]);
    expect(both.noVjp).toBe("an in-place update of several tensors");
  });

  it("keeps int32 where values stay whole, gives float32 else, and int32 for comparisons", () => {
    const x = tensor([1, 2], { dtype: "int32" });
    const twice = elementwise("test.twice", (a) => e.add(a, a));
    const half = elementwise("test.half", (a) => e.mul(e.constant(0.5), a));
    const positive = elementwise("test.positive", (a) => e.greater(a, e.constant(0)), { noVjp: "a truth value" });
    expect([run(twice, [x], {}).dtype, run(half, [x], {}).dtype]).toEqual(["int32", "float32"]);
    expect(values(run(half, [x], {}))).toEqual([0.5, 1]);
    expect(run(positive, [ones([2], { dtype: "float64" })], {}).dtype).toBe("int32");
    expect(affine(ones([1], { dtype: "float64" }), x).dtype).toBe("float64");
    expect(() => affine(ones([1], { dtype: "float64" }), ones([1]))).toThrow(DtypeError);
  });

  describe("vjp", () => {
    const saved = (op: typeof affineOp, needs: boolean[]) => ({
      inputs: op.vjp?.saveInputs?.({}, needs),
      outputs: op.vjp?.saveOutputs?.({}, needs),
    });
    const binary = (name: string, build: Parameters<typeof elementwise>[1]) => elementwise(`test.${name}`, build);

    it("keeps only what its slopes read, and only for inputs that need a cotangent", () => {
      const product = binary("product", (x, y) => e.mul(x, y));
      expect(saved(product, [true, true])).toEqual({ inputs: [1, 0], outputs: [] });
      expect(saved(product, [true, false])).toEqual({ inputs: [1], outputs: [] });
      expect(saved(product, [false, false])).toEqual({ inputs: [], outputs: [] });
      const sum = binary("plus", (x, y) => e.add(x, y));
      expect(saved(sum, [true, true])).toEqual({ inputs: [], outputs: [] });
    });

    it("reuses the output where the slope is a function of it", () => {
      const tanh = binary("tanh", (x) => e.tanh(x));
      const rectified = binary("rectified", (x) => e.max(e.constant(0), x));
      for (const op of [tanh, rectified]) expect(saved(op, [true])).toEqual({ inputs: [], outputs: [0] });
    });

    it("hands its slope the inputs that it reads, then the output", () => {
      const op = binary("quotient", (x, y) => e.div(x, y)); // ∂/∂y = −self / y
      const [x, y] = [tensor([6, 8]), tensor([2, 4])];
      const given = {
        specs: [x, y],
        needs: [false, true],
        input: (i: number) => [x, y][i] as Tensor,
        output: () => tensor([3, 2]),
      };
      const [, slope] = pullBack(op.vjp!, [tensor([1, 10])], given, {});
      expect(slope && values(slope)).toEqual([-1.5, -5]);
    });

    it("sums cotangents over broadcast axes and answers null where nothing is needed", () => {
      const specs = [
        { shape: [2, 3], dtype: "float32" as const },
        { shape: [3], dtype: "float32" as const },
      ];
      const never = () => {
        throw new Error("not saved");
      };
      const pull = (needs: boolean[]) =>
        pullBack(affineOp.vjp!, [ones([2, 3])], { specs, needs, input: never, output: never }, { slope: 5 });
      expect(pull([true, true])?.map((t) => t && values(t))).toEqual([
        [5, 5, 5, 5, 5, 5],
        [2, 2, 2],
      ]);
      expect(pull([false, false])).toEqual([null, null]);
    });
  });
});
