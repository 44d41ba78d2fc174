import { describe, expect, it } from "vitest";
import { dispatch } from "../../op/dispatch.ts";
import { type ComputeOp, opRegistry, pullBack } from "../../op/op.ts";
import { normal } from "../../tensor/create.ts";
import { add, mul, sub } from "../arithmetic.ts";
import { batchNorm } from "../batch-norm.ts";
import { dot } from "../dot.ts";
import type { Normalization } from "./normalization.ts";
import "../group-norm.ts";
import { Rng } from "../../tensor/rng.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { reshape } from "../reshape.ts";
import { sum } from "../sum-broadcast.ts";

const f64 = { dtype: "float64" } as const;
const rounding = 1e-12; // sums of some 50 numbers near 1 in float64
const op = (name: string) => opRegistry.get(name) as ComputeOp<Normalization>;

/** y, statistics and gradients of one kind of normalisation at random values, with ε = 0. */
function setUp(name: string, groups: number) {
  const rng = new Rng(9);
  const x = normal(rng, [4, 6, 5], f64);
  const gamma = normal(rng, [6], f64);
  const beta = normal(rng, [6], f64);
  const dy = normal(rng, [4, 6, 5], f64);
  const params = { groups, epsilon: 0 };
  const [y, mean, variance] = dispatch(op(name), [x, gamma, beta], params) as [Tensor, Tensor, Tensor];
  const gradient = (cotangent: Tensor) =>
    dispatch(op(`${name}Grad`), [x, gamma, mean, variance, cotangent], params) as [Tensor, Tensor, Tensor];
  return { x, gamma, y, dy, gradient, groups };
}

describe.each([
  ["batchNorm", 1],
  ["groupNorm", 3],
])("the gradient of %s", (name, groups) => {
  const { x, gamma, dy, gradient } = setUp(name, groups);
  const [dx, dgamma, dbeta] = gradient(dy);
  const setAxes = name === "batchNorm" ? [0, 3] : [2, 3];
  const overSets = (t: Tensor) => Array.from(sum(reshape(t, [4, groups, 6 / groups, 5]), setAxes).dataSync());

  it("does not change the output's sum: Σ dx over a set is 0, as a shift of the input changes nothing", () => {
    for (const value of overSets(dx)) expect(Math.abs(value)).toBeLessThan(rounding);
  });

  it("is orthogonal to the input: Σ x dx over a set is 0, as a scale of the input changes nothing", () => {
    for (const value of overSets(mul(x, dx))) expect(Math.abs(value)).toBeLessThan(rounding);
  });

  it("sums the cotangent for beta, and satisfies ⟨γ, dγ⟩ = ⟨dy, γ x̂⟩", () => {
    const sums = sum(dy, [0, 2]).dataSync();
    dbeta.dataSync().forEach((value, c) => {
      expect(Math.abs(value - sums[c]!)).toBeLessThan(rounding);
    });
    const centred = dispatch(op(name), [x, gamma, mul(gamma, 0)], { groups, epsilon: 0 })[0] as Tensor;
    expect(Math.abs(dot(dy, centred).itemSync() - dot(gamma, dgamma).itemSync())).toBeLessThan(rounding);
  });

  it("is linear in the cotangent", () => {
    const other = normal(new Rng(10), [4, 6, 5], f64);
    const together = gradient(add(dy, other))[0];
    const apart = add(dx, gradient(other)[0]);
    expect(dot(sub(together, apart), sub(together, apart)).itemSync()).toBeLessThan(rounding ** 2);
  });

  it("has a symmetric Jacobian where γ = 1: ⟨u, J v⟩ = ⟨v, J u⟩", () => {
    const rng = new Rng(11);
    const [u, v] = [normal(rng, [4, 6, 5], f64), normal(rng, [4, 6, 5], f64)];
    const ones = add(mul(gamma, 0), 1);
    const [, mean, variance] = dispatch(op(name), [x, ones, ones], { groups, epsilon: 0 }) as [Tensor, Tensor, Tensor];
    const J = (t: Tensor) =>
      dispatch(op(`${name}Grad`), [x, ones, mean, variance, t], { groups, epsilon: 0 })[0] as Tensor;
    expect(Math.abs(dot(u, J(v)).itemSync() - dot(v, J(u)).itemSync())).toBeLessThan(rounding);
  });
});

describe("the statistics", () => {
  it("have gradients too: 1/M for the mean, 2 (x − μ)/M for the variance", () => {
    const x = normal(new Rng(5), [4, 2], f64);
    const gamma = normal(new Rng(6), [2], f64);
    const params = { groups: 1, epsilon: 0 };
    const outputs = dispatch(op("batchNorm"), [x, gamma, gamma], params);
    const saved = {
      specs: [x, gamma, gamma],
      needs: [true, true, true],
      input: (i: number) => [x, gamma][i] as Tensor,
      output: (i: number) => outputs[i] as Tensor,
    };
    const pull = (dmean: Tensor | null, dvariance: Tensor | null) =>
      pullBack(op("batchNorm").vjp!, [null, dmean, dvariance], saved, params);
    const seed = normal(new Rng(7), [2], f64);
    const [a, b] = seed.dataSync() as unknown as [number, number];
    const toMean = pull(seed, null)[0]!.dataSync();
    toMean.forEach((value, i) => {
      expect(value).toBeCloseTo((i % 2 === 0 ? a : b) / 4, 14);
    });
    const means = outputs[1]!.dataSync();
    const values = x.dataSync();
    pull(null, seed)[0]!
      .dataSync()
      .forEach((value, i) => {
        expect(value).toBeCloseTo((2 * (values[i]! - means[i % 2]!) * (i % 2 === 0 ? a : b)) / 4, 14);
      });
    expect(pull(seed, null).slice(1)).toEqual([null, null]);
  });
});

describe("epsilon", () => {
  it("is added to the variance: a constant channel gives beta, not NaN", () => {
    const x = mul(normal(new Rng(1), [3, 2], f64), 0);
    const [one, two] = [normal(new Rng(2), [2], f64), normal(new Rng(3), [2], f64)];
    const y = batchNorm(x, one, two, 1e-5).y.dataSync();
    for (const row of [0, 1, 2]) expect(y.slice(2 * row, 2 * row + 2)).toEqual(two.dataSync());
  });
});
