/**
 * ±0, Infinity, NaN and denormals on a GPU.
 *
 * Infinity and NaN go through elementwise ops, comparisons and reductions as on `cpu`; the sign of a zero may differ where
 * two zeros are compared. A denormal may count as 0 (devices flush them), before or after an operation.
 */

import {
  abs,
  add,
  argMax,
  argMin,
  countNonFinite,
  cpu,
  type Device,
  div,
  equal,
  erf,
  exp,
  expm1,
  finite,
  floor,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  log1p,
  logSumExp,
  matmul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mul,
  neg,
  norm,
  notEqual,
  relu,
  reshape,
  sigmoid,
  sign,
  softmax,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  where,
} from "@kronograd/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { missing, openDevice } from "../testing/device.ts";

const { POSITIVE_INFINITY: inf, NaN: nan } = Number;
const values = [0, -0, 1, -1, inf, -inf, nan, 3e38, -3e38, 1.5, -2.5, 1e-20];
const rtol = 1e-5;

type Make = (values: readonly number[]) => Tensor;
let device: Device;

async function both(f: (make: Make) => Tensor): Promise<[own: number[], there: number[]]> {
  const results: number[][] = [];
  for (const on of [cpu, device]) {
    const made: Tensor[] = [];
    const result = f((list) => {
      made.push(tensor(Float32Array.from(list), { shape: [list.length], device: on }));
      return made.at(-1) as Tensor;
    });
    results.push([...(await result.data())]);
    for (const t of [...made, result]) t.dispose();
  }
  return results as [number[], number[]];
}

const isDenormal = (x: number) => x !== 0 && Math.abs(x) < 2 ** -126;

/** Equal within rtol; NaN where NaN; a zero of the same sign if `zeros`; a denormal or 0. */
function isSame(own: number, there: number, zeros: boolean): boolean {
  if (isDenormal(own) && there === 0) return true;
  if (own === 0) return zeros ? Object.is(own, there) : there === 0;
  return Object.is(own, there) || Math.abs(own - there) <= rtol * Math.abs(own);
}

async function agree(what: string, f: (make: Make) => Tensor, zeros = true): Promise<void> {
  const [own, there] = await both(f);
  const wrong = own.flatMap((value, i) =>
    isSame(value, there[i]!, zeros) ? [] : [`${what} #${i}: cpu ${value}, webgpu ${there[i]}`],
  );
  expect(wrong).toEqual([]);
}

const pairs = [values.flatMap((x) => values.map(() => x)), values.flatMap(() => values)] as const;
const lists = [
  [1, nan, 2],
  [nan, nan],
  [nan, 5, 6],
  [5, 6, nan],
  [inf, 1],
  [inf, -inf],
  [-inf, -inf],
  [0, -0],
  [3e38, 3e38],
  [...new Array<number>(600).fill(1), nan], // more than a workgroup
];

describe.skipIf(missing !== null)("special values", () => {
  beforeAll(async () => {
    device = await openDevice();
  });

  const unary = { abs, neg, sign, sqrt, square, floor, exp, expm1, log, log1p, tanh, sigmoid, softplus, erf, finite };
  it.each(Object.entries(unary))("%s", async (name, op) => {
    await agree(name, (make) => op(make(values)));
  });

  const binary = { add, sub, mul, div, greater, greaterEqual, less, lessEqual, equal, notEqual };
  it.each(Object.entries(binary))("%s, of all pairs", async (name, op) => {
    await agree(name, (make) => op(make(pairs[0]), make(pairs[1])), name !== "div"); // 0 / x
  });

  it("maximum, minimum and relu give NaN for NaN; the sign of a zero is free", async () => {
    await agree("maximum", (make) => maximum(make(pairs[0]), make(pairs[1])), false);
    await agree("minimum", (make) => minimum(make(pairs[0]), make(pairs[1])), false);
    await agree("relu", (make) => relu(make(values)), false);
  });

  it("where takes NaN for true, and the side not taken does no harm", async () => {
    await agree("where", (make) =>
      where(make([nan, 0, -0, 1, inf]), make([1, nan, inf, 2, 3]), make([4, 5, 6, nan, inf])),
    );
  });

  const reductions = { sum, mean, max, min, argMax, argMin, countNonFinite, logSumExp, norm };
  it.each(Object.entries(reductions))("%s", async (name, op) => {
    for (const list of lists) await agree(`${name} of ${list.slice(-3)}`, (make) => op(make(list)), false);
  });

  it("softmax of infinite logits, and 0 · NaN and 0 · Infinity in a product", async () => {
    for (const list of lists) await agree(`softmax of ${list.slice(-3)}`, (make) => softmax(make(list)));
    const product = (make: Make) =>
      matmul(reshape(make([nan, 0, inf, 1]), [2, 2]), reshape(make([1, 0, 0, 1]), [2, 2]));
    await agree("matmul", product);
  });

  it("denormals are themselves or 0", async () => {
    const tiny = [1e-40, -1e-40];
    for (const op of [abs, neg, sqrt, sign, relu, exp, tanh]) {
      const [own, there] = await both((make) => op(make(tiny)));
      const [flushed] = await both((make) => op(make([0, -0])));
      own.forEach((value, i) => {
        const answers = [value, flushed[i]!];
        expect(answers.some((x) => isSame(x, there[i]!, false)) || isDenormal(there[i]!), op.name).toBe(true);
      });
    }
    const [, larger] = await both((make) => greater(make(tiny), make([0, 0])));
    expect(larger[1]).toBe(0); // a negative one is never above 0
  });
});
