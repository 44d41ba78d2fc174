import { defineOp, matmul, mul, neg, run, sum, type Tensor, tensor, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { checkGradients, gradientReports } from "./gradient-check.ts";

const x = tensor([0.3, -1.2, 2], { dtype: "float64" });
const y = tensor([1.5, 0.4, -0.7], { dtype: "float64" });

/** x² with a planted first or second derivative. */
function square(name: string, factor: number, gradient: (x: Tensor) => Tensor) {
  const op = defineOp({
    name,
    shape: ([input]) => [input!],
    reference([out], [input]) {
      for (let i = 0; i < out!.data.length; i++) out!.data[i] = factor * input!.data[input!.offset + i]! ** 2;
    },
    vjp: { saveInputs: () => [0], pull: ([u], saved) => [mul(u!, gradient(saved.input(0)))] },
  });
  return (t: Tensor) => run(op, [t], {});
}

const double = (t: Tensor) => mul(t, tensor([2], { dtype: "float64" }));
const right = square("testkit.square", 1, double);
const wrongFirst = square("testkit.wrongFirst", 1, (t) => mul(double(t), tensor([1.000001], { dtype: "float64" })));
// Its gradient is 2x as a number, but its derivative is that of −2x: only the second order sees it.
const minusDouble = square("testkit.minusDouble", 1, (t) => neg(double(t)));
const planted = defineOp({
  name: "testkit.plantedDouble",
  shape: ([input]) => [input!],
  reference([out], [input]) {
    for (let i = 0; i < out!.data.length; i++) out!.data[i] = 2 * input!.data[input!.offset + i]!;
  },
  vjp: { pull: ([u]) => [neg(double(u!))] },
});
const wrongSecond = square("testkit.wrongSecond", 1, (t) => run(planted, [t], {}));

describe("checkGradients", () => {
  it("accepts correct gradients of first and second order", () => {
    checkGradients(right, [x], { order: 2 });
    checkGradients((a, b) => sum(mul(mul(a, b), a)), [x, y], { order: 2 });
    checkGradients((a) => matmul(a, a), [tensor([[1, 2], [3, 4]], { dtype: "float64" })], { order: 2 }); // biome-ignore format: a matrix
  });

  it("sees a first derivative that is wrong by a part in a million", () => {
    expect(() => checkGradients(wrongFirst, [x])).toThrow(/WRONG first order/);
  });

  it("sees a derivative of the wrong sign", () => {
    expect(() => checkGradients(minusDouble, [x])).toThrow(/WRONG first order/);
  });

  it("sees a wrong second derivative behind a right first one", () => {
    expect(
      gradientReports(wrongSecond, [x])
        .filter(({ what }) => what.startsWith("first"))
        .every(({ pass }) => pass),
    ).toBe(true);
    expect(() => checkGradients(wrongSecond, [x], { order: 2 })).toThrow(/WRONG second order/);
  });

  it("checks several results and only the inputs that are asked for", () => {
    checkGradients((a, b) => [mul(a, b), sum(a)], [x, y], { order: 2, wrt: [1] });
  });

  it("refuses float32", () => {
    expect(() => checkGradients(right, [tensor([1])])).toThrow(UsageError);
  });
});
