import {
  cpu,
  matmul,
  mul,
  normal,
  Rng,
  ShapeError,
  scale,
  scope,
  sum,
  type Tensor,
  tanh,
  UsageError,
} from "@kronograd/tensor";
import "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { ggnvp, hvp, jvp, vjp } from "./grad.ts";
import { linearize } from "./linearize.ts";

const rng = new Rng(0);
const random = (shape: readonly number[]): Tensor => normal(rng, shape, { dtype: "float64" });
const x = random([5, 3]);
const parameters = { w: random([3, 4]), v: random([4, 2]), unused: random([2]) };
const outputs = () => matmul(tanh(matmul(x, parameters.w)), parameters.v);
const loss = (z: Tensor) => sum(mul(mul(z, z), z));
const vectors = [1, 2].map(() => ({ w: random([3, 4]), v: random([4, 2]), unused: random([2]) }));

describe("linearize", () => {
  it("gives the products of jvp, vjp, ggnvp and hvp, one vector after the other", () => {
    using model = linearize(outputs, loss, parameters);
    const u = random([5, 2]);
    using back = vjp(outputs, parameters);
    expect(model.outputs).toBeAllclose(outputs());
    for (const v of vectors) {
      expect(model.jvp(v)).toBeAllclose(jvp(outputs, parameters, v).tangent);
      const pairs = [
        [model.vjp(u), back.pull(u)],
        [model.ggnvp(v), ggnvp(outputs, loss, parameters, v)],
        [model.hvp(v), hvp(() => loss(outputs()), parameters, v)],
      ] as const;
      for (const [got, want] of pairs) {
        for (const name of ["w", "v", "unused"] as const) expect(got[name]).toBeAllclose(want[name] as Tensor);
      }
    }
  });

  it("runs the model once for any number of Jacobian and Gauss–Newton products, once more for Hessian products", () => {
    let runs = 0;
    const counted = () => {
      runs += 1;
      return outputs();
    };
    using model = linearize(counted, loss, parameters);
    for (const v of [...vectors, ...vectors]) {
      model.jvp(v);
      model.ggnvp(v);
    }
    expect(runs).toBe(1);
    for (const v of vectors) model.hvp(v);
    expect(runs).toBe(2);
  });

  it("is linear in the vector", () => {
    using model = linearize(outputs, loss, parameters);
    const [v] = vectors as [(typeof vectors)[0]];
    const twice = { w: scale(v.w, 2), v: scale(v.v, 2), unused: scale(v.unused, 2) };
    expect(model.hvp(twice).w).toBeAllclose(scale(model.hvp(v).w as Tensor, 2));
  });

  it("refuses a vector that leaves a parameter out, names another, or has another shape", () => {
    using model = linearize(outputs, loss, parameters);
    const [v] = vectors as [(typeof vectors)[0]];
    expect(() => model.jvp({ w: v.w, v: v.v })).toThrow(/linearize: the vector has no "unused"/);
    expect(() => model.hvp({ ...v, more: v.w })).toThrow(UsageError);
    expect(() => model.ggnvp({ ...v, w: v.v })).toThrow(ShapeError);
    expect(() => model.vjp(x)).toThrow(/vector of outputs has another shape/);
  });

  it("leaves nothing behind when it is disposed of", () => {
    const before = cpu.memory.tensors;
    scope(() => {
      using model = linearize(outputs, loss, parameters);
      const [v] = vectors as [(typeof vectors)[0]];
      model.jvp(v);
      model.hvp(v);
      model.ggnvp(v);
    });
    expect(cpu.memory.tensors).toBe(before);
  });
});
