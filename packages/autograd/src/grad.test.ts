import {
  cast,
  cpu,
  DtypeError,
  exp,
  log,
  matmul,
  mean,
  mul,
  type NestedNumbers,
  normal,
  Rng,
  reshape,
  ShapeError,
  scale,
  scope,
  sigmoid,
  slice,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  UsageError,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { ggnvp, grad, hvp, jvp, leaves, vjp } from "./grad.ts";

const f64 = (values: NestedNumbers): Tensor => tensor(values, { dtype: "float64" });
const random = (seed: number, shape: number[]) => normal(new Rng(seed), shape, { dtype: "float64" });
const cube = (x: Tensor) => sum(mul(mul(x, x), x));

describe("grad", () => {
  it("differentiates a scalar closure", () => {
    const x = f64([1, 2]);
    expect(grad(() => cube(x), x)).toBeAllclose([3, 12]);
  });

  it("answers in the form of what it is asked by", () => {
    const [x, y] = [f64([1, 2]), f64([3, 4])];
    const f = () => sum(mul(x, y));
    expect(grad(f, [y, x]).map((t) => [...t.dataSync()])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const { left, right } = grad(f, { left: x, right: y });
    expect(left).toBeAllclose([3, 4]);
    expect(right).toBeAllclose([1, 2]);
  });

  it("gives zeros where the closure does not depend on a tensor", () => {
    const [x, y] = [f64([1, 2]), f64([[3]])];
    expect(grad(() => cube(x), y)).toBeAllclose([[0]]);
  });

  it("gives 1 for the identity", () => {
    const x = f64([4]);
    expect(grad(() => x, x)).toBeAllclose([1]);
  });

  it("nests to any order", () => {
    const x = f64([0.5]);
    let f = () => sum(exp(scale(x, 2)));
    for (let order = 1; order <= 4; order++) {
      const inner = f;
      f = () => sum(grad(inner, x));
      expect(f()).toBeAllclose(2 ** order * Math.E);
    }
  });

  it("keeps apart two closures over the same tensor", () => {
    const x = f64([3]);
    // d/dx x·(d/dx x²) = d/dx 2x² = 4x
    expect(
      grad(
        () =>
          sum(
            mul(
              x,
              grad(() => sum(mul(x, x)), x),
            ),
          ),
        x,
      ),
    ).toBeAllclose([12]);
  });

  it("throws ShapeError when the result is not a scalar", () => {
    const x = f64([1, 2]);
    expect(() => grad(() => mul(x, x), x)).toThrow(ShapeError);
  });

  it("leaves nothing behind but its result", () => {
    const x = f64([1, 2]);
    const before = cpu.memory.tensors;
    grad(() => cube(x), x).dispose();
    expect(cpu.memory.tensors).toBe(before);
    expect(() => grad(() => mul(x, x), x)).toThrow();
    expect(cpu.memory.tensors).toBe(before);
  });
});

describe("vjp", () => {
  it("pulls rows of the Jacobian, as often as wanted", () => {
    const W = random(1, [2, 3]);
    const x = f64([[1], [2], [3]]);
    using f = vjp(() => matmul(W, x), x);
    expect(f.pull(f64([[1], [0]]))).toBeAllclose(reshape(slice(W, [[0, 1]]), [3, 1]));
    expect(f.pull(f64([[0], [1]]))).toBeAllclose(reshape(slice(W, [[1, 2]]), [3, 1]));
  });

  it("drops intermediates of the closure and, when disposed of, what it saved", () => {
    const x = f64([1, 2]);
    const before = cpu.memory.tensors;
    const f = vjp(() => exp(mul(x, x)), x);
    f.pull(f.value).dispose();
    f.value.dispose();
    f[Symbol.dispose]();
    expect(cpu.memory.tensors).toBe(before);
  });

  it("throws ShapeError for a cotangent of another shape", () => {
    const x = f64([1, 2]);
    using f = vjp(() => mul(x, x), x);
    expect(() => f.pull(f64([1]))).toThrow(ShapeError);
  });
});

describe("jvp", () => {
  it("is Jv: for a linear map, the map itself", () => {
    const W = random(1, [2, 3]);
    const [x, v] = [random(2, [3, 1]), random(3, [3, 1])];
    const { value, tangent } = jvp(() => matmul(W, x), x, v);
    expect(value).toBeAllclose(matmul(W, x));
    expect(tangent).toBeAllclose(matmul(W, v));
  });

  it("is the transpose of vjp: ⟨u, Jv⟩ = ⟨Jᵀu, v⟩", () => {
    const [W, x] = [random(1, [2, 3]), random(2, [4, 3])];
    const f = () => tanh(matmul(x, transpose(W)));
    const [dW, dx, u] = [random(3, [2, 3]), random(4, [4, 3]), random(5, [4, 2])];
    using back = vjp(f, [W, x]);
    const [gW, gx] = back.pull(u) as [Tensor, Tensor];
    const { tangent } = jvp(f, [W, x], [dW, dx]);
    const pushed = sum(mul(u, tangent)).itemSync();
    expect(pushed).toBeCloseTo(sum(mul(gW, dW)).itemSync() + sum(mul(gx, dx)).itemSync(), 12);
  });

  it("is 0 where the closure does not depend on a tensor, and v where it is the identity", () => {
    const [x, y, v] = [f64([1, 2]), f64([3]), f64([5, 7])];
    expect(jvp(() => exp(y), x, v).tangent).toBeAllclose([0]);
    expect(jvp(() => x, x, v).tangent).toBeAllclose([5, 7]);
  });

  it("throws for tangents that do not fit", () => {
    const [x, y] = [f64([1, 2]), f64([3])];
    expect(() => jvp(() => exp(x), x, y)).toThrow(ShapeError);
    expect(() => jvp(() => exp(x), [x, y], [x] as unknown as [Tensor, Tensor])).toThrow(UsageError);
  });
});

describe("hvp", () => {
  it("is Av for the quadratic ½xᵀAx with symmetric A", () => {
    const A = f64([
      [2, 1],
      [1, 3],
    ]);
    const [x, v] = [random(1, [2, 1]), random(2, [2, 1])];
    expect(hvp(() => scale(sum(mul(x, matmul(A, x))), 0.5), x, v)).toBeAllclose(matmul(A, v));
  });

  it("sees mixed derivatives of several tensors", () => {
    const [x, y] = [f64([2]), f64([3])];
    // f = x²y: f_xx = 2y, f_xy = 2x, f_yy = 0
    const [hx, hy] = hvp(() => sum(mul(mul(x, x), y)), [x, y], [f64([1]), f64([10])]);
    expect(hx).toBeAllclose([2 * 3 * 1 + 2 * 2 * 10]);
    expect(hy).toBeAllclose([2 * 2 * 1]);
  });

  it("is 0 for a linear function", () => {
    const x = f64([1, 2]);
    expect(hvp(() => sum(scale(x, 3)), x, f64([1, 1]))).toBeAllclose([0, 0]);
  });
});

describe("ggnvp", () => {
  const x = random(1, [5, 3]);
  const W = random(2, [2, 3]);
  const outputs = () => tanh(matmul(x, transpose(W)));

  it("is (2/n) JᵀJv for the mean squared error", () => {
    const [target, v] = [random(3, [5, 2]), random(4, [2, 3])];
    const loss = (y: Tensor) => mean(mul(sub(y, target), sub(y, target)));
    using back = vjp(outputs, W);
    const want = scale(back.pull(jvp(outputs, W, v).tangent), 2 / 10);
    expect(ggnvp(outputs, loss, W, v)).toBeAllclose(want);
  });

  it("equals the Hessian where the outputs are linear in the parameters", () => {
    const linear = () => matmul(x, transpose(W));
    const loss = (y: Tensor) => sum(log(sigmoid(y)));
    const v = random(4, [2, 3]);
    expect(ggnvp(linear, loss, W, v)).toBeAllclose(hvp(() => loss(linear()), W, v));
  });

  it("differs from the Hessian where they are not", () => {
    const loss = (y: Tensor) => sum(mul(y, y));
    const v = random(4, [2, 3]);
    expect(ggnvp(outputs, loss, W, v)).not.toBeAllclose(hvp(() => loss(outputs()), W, v));
  });

  it("is symmetric and positive semi-definite for a convex loss", () => {
    const loss = (y: Tensor) => sum(mul(y, y));
    const [u, v] = [random(5, [2, 3]), random(6, [2, 3])];
    const pairing = (a: Tensor, b: Tensor) => sum(mul(a, ggnvp(outputs, loss, W, b))).itemSync();
    expect(pairing(u, v)).toBeCloseTo(pairing(v, u), 12);
    expect(pairing(u, u)).toBeGreaterThan(0);
  });

  it("leaves nothing behind but its result", () => {
    const v = random(7, [2, 3]);
    const before = cpu.memory.tensors;
    scope(() => void ggnvp(outputs, (y) => sum(mul(y, y)), W, v));
    expect(cpu.memory.tensors).toBe(before);
  });
});

describe("leaves", () => {
  it("lists tensors in order, whatever the form", () => {
    const [x, y] = [f64([1]), f64([2])];
    expect(leaves(x)).toEqual([x]);
    expect(leaves([x, y])).toEqual([x, y]);
    expect(leaves({ b: y, a: x })).toEqual([y, x]);
  });
});

describe("whole numbers", () => {
  it("have no gradient: a parameter of int32 is refused, not truncated", () => {
    const i = tensor(Int32Array.of(1, 2));
    expect(() => grad(() => sum(scale(cast(i, "float32"), 0.5)), { i })).toThrow(DtypeError);
  });
});
