import { describe, expect, it } from "vitest";
import { cpu } from "../backends/cpu.ts";
import { add, div, mul, pow, sub } from "../ops/arithmetic.ts";
import { where } from "../ops/comparison.ts";
import { ones, tensor } from "../tensor/create.ts";
import { withDefaults } from "../tensor/defaults.ts";
import { scope } from "../tensor/scope.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([1, 2, 4]);

describe("runMixed", () => {
  const whole = tensor([1, 2], { dtype: "int32" });
  const double = tensor([1, 2], { dtype: "float64" });

  it("gives numbers the dtype of the tensor beside them", () => {
    expect(values(sub(10, x))).toEqual([9, 8, 6]);
    expect(add(double, 0.1).dataSync()).toEqual(Float64Array.of(1.1, 2.1));
    expect(add(whole, 1).dtype).toBe("int32");
  });

  it("turns int32 into float32 where a number is not whole", () => {
    expect(add(whole, 0.5).dtype).toBe("float32");
    expect(div(whole, 2).dataSync()).toEqual(Float32Array.of(0.5, 1));
  });

  it("prefers the dtype of floats to that of truth values", () => {
    expect(where(whole, double, 0.5).dtype).toBe("float64");
  });

  it("takes the ambient dtype where there is no tensor", () => {
    expect(add(1, 2).dtype).toBe("float32");
    expect(withDefaults({ dtype: "float64" }, () => pow(2, 0.5)).dataSync()).toEqual(Float64Array.of(Math.SQRT2));
  });

  it("leaves no handle behind", () => {
    const before = cpu.memory.tensors;
    const result = add(x, 1);
    expect(cpu.memory.tensors - before).toBe(1);
    scope(() => void mul(ones([2]), 3));
    result.dispose();
    expect(cpu.memory.tensors).toBe(before);
  });
});
