import { describe, expect, it } from "vitest";
import { withDefaults } from "../ambient.ts";
import { cpu } from "../backends/cpu.ts";
import { ones, tensor } from "../create.ts";
import { DtypeError, ShapeError } from "../errors.ts";
import { scope } from "../scope.ts";
import { add, div, maximum, minimum, mul, multiplyAdd, neg, pow, scale, shift, sub } from "./arithmetic.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const [x, y] = [tensor([1, 2, 4]), tensor([4, 2, 1])];

describe("arithmetic", () => {
  it("works on each element", () => {
    expect(values(add(x, y))).toEqual([5, 4, 5]);
    expect(values(sub(x, y))).toEqual([-3, 0, 3]);
    expect(values(mul(x, y))).toEqual([4, 4, 4]);
    expect(values(div(x, y))).toEqual([0.25, 1, 4]);
    expect(values(pow(x, y))).toEqual([1, 4, 4]);
    expect(values(maximum(x, y))).toEqual([4, 2, 4]);
    expect(values(minimum(x, y))).toEqual([1, 2, 1]);
    expect(values(neg(x))).toEqual([-1, -2, -4]);
    expect(values(scale(x, 0.5))).toEqual([0.5, 1, 2]);
    expect(values(shift(x, -1))).toEqual([0, 1, 3]);
    expect(values(multiplyAdd(x, y, 1))).toEqual([5, 5, 5]);
  });

  it("follows IEEE at the edges", () => {
    expect(values(div(tensor([1, -1, 0]), tensor([0, 0, 0])))).toEqual([Infinity, -Infinity, Number.NaN]);
    expect(values(maximum(tensor([Number.NaN, 1]), tensor([1, Number.NaN])))).toEqual([Number.NaN, Number.NaN]);
  });

  it("refuses shapes and dtypes that do not fit", () => {
    expect(() => add(x, tensor([1, 2]))).toThrow(ShapeError);
    expect(() => add(x, tensor([1, 2, 3], { dtype: "float64" }))).toThrow(DtypeError);
  });
});

describe("numbers as operands", () => {
  const whole = tensor([1, 2], { dtype: "int32" });
  const double = tensor([1, 2], { dtype: "float64" });

  it("take the dtype of the tensor beside them", () => {
    expect(values(sub(10, x))).toEqual([9, 8, 6]);
    expect(add(double, 0.1).dataSync()).toEqual(Float64Array.of(1.1, 2.1));
    expect(add(whole, 1).dtype).toBe("int32");
  });

  it("turn int32 into float32 where they are not whole", () => {
    expect(add(whole, 0.5).dtype).toBe("float32");
    expect(div(whole, 2).dataSync()).toEqual(Float32Array.of(0.5, 1));
  });

  it("take the ambient dtype where there is no tensor", () => {
    expect(add(1, 2).dtype).toBe("float32");
    expect(withDefaults({ dtype: "float64" }, () => pow(2, 0.5)).dataSync()).toEqual(Float64Array.of(Math.SQRT2));
  });

  it("leave no handle behind", () => {
    const before = cpu.memory.tensors;
    const result = add(x, 1);
    expect(cpu.memory.tensors - before).toBe(1);
    scope(() => void mul(ones([2]), 3));
    result.dispose();
    expect(cpu.memory.tensors).toBe(before);
  });
});
