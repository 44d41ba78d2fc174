import { describe, expect, it } from "vitest";
import { ShapeError } from "../errors.ts";
import { type ComputeOp, opRegistry, pullBack } from "../op/op.ts";
import { ones, tensor } from "../tensor/create.ts";
import { argMax, argMin, max, min } from "./max-min.ts";
import { transpose } from "./permute.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([
  [3, 1, 3],
  [2, 5, 5],
]);

describe("max and min", () => {
  it("go over all or some axes", () => {
    expect([max(x).itemSync(), min(x).itemSync()]).toEqual([5, 1]);
    expect(values(max(x, 0))).toEqual([3, 5, 5]);
    expect(values(min(x, -1))).toEqual([1, 2]);
    expect(max(x, 1, { keepdims: true }).shape).toEqual([2, 1]);
    expect(values(max(transpose(x), 1))).toEqual([3, 5, 5]);
  });

  it("let NaN win, and know infinities", () => {
    expect(max(tensor([1, Number.NaN, 3])).itemSync()).toBeNaN();
    expect(min(tensor([1, 3, Number.NaN])).itemSync()).toBeNaN();
    expect(max(tensor([-Infinity, -Infinity])).itemSync()).toBe(-Infinity);
  });

  it("keep int32, and refuse nothing to choose from", () => {
    expect(max(tensor([1, 2], { dtype: "int32" })).dtype).toBe("int32");
    expect(() => max(ones([2, 0]), 1)).toThrow(ShapeError);
    expect(max(ones([0, 2]), 1).shape).toEqual([0]);
  });

  it("give the gradient at a tie to the first element", () => {
    const op = opRegistry.get("max") as ComputeOp<{ axes: number[] }>;
    const saved = {
      specs: [x],
      needs: [true],
      input: () => x,
      output: () => argMax(x),
    };
    const [gradient] = pullBack(op.vjp!, [tensor([10, 20]), null], saved, { axes: [1] });
    expect(gradient && values(gradient)).toEqual([10, 0, 0, 0, 20, 0]);
  });
});

describe("argMax and argMin", () => {
  it("give the first place as int32", () => {
    expect(argMax(x).dtype).toBe("int32");
    expect(values(argMax(x))).toEqual([0, 1]);
    expect(values(argMin(x, 0))).toEqual([1, 0, 0]);
  });

  it("count row-major over several axes", () => {
    expect(argMax(x, [0, 1]).itemSync()).toBe(4);
  });

  it("find the first NaN", () => {
    expect(argMax(tensor([1, Number.NaN, 9, Number.NaN])).itemSync()).toBe(1);
  });
});
