/**
 * ±0, Infinity, NaN and denormals on a device of float32 against `cpu`.
 *
 * Infinity and NaN go through elementwise ops, comparisons and reductions as on `cpu`; the sign of a zero may differ where two
 * zeros are compared. A denormal may count as 0 (GPUs flush them), before or after an operation.
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

const { POSITIVE_INFINITY: inf, NaN: nan } = Number;
const values = [0, -0, 1, -1, inf, -inf, nan, 3e38, -3e38, 1.5, -2.5, 1e-20];
const rtol = 1e-5;

type Make = (values: readonly number[]) => Tensor;
/** What differs on a device, in words; nothing when all is as it should be. */
type Check = (device: Device) => Promise<string[]>;

async function both(device: Device, f: (make: Make) => Tensor): Promise<[own: number[], there: number[]]> {
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

const show = (x: number) => (Object.is(x, -0) ? "-0" : String(x));

async function compared(device: Device, what: string, f: (make: Make) => Tensor, zeros = true): Promise<string[]> {
  const [own, there] = await both(device, f);
  return own.flatMap((value, i) =>
    isSame(value, there[i] as number, zeros)
      ? []
      : [`${what} #${i}: cpu ${show(value)}, there ${show(there[i] as number)}`],
  );
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

const unary = { abs, neg, sign, sqrt, square, floor, exp, expm1, log, log1p, tanh, sigmoid, softplus, erf, finite };
const binary = { add, sub, mul, div, greater, greaterEqual, less, lessEqual, equal, notEqual };
const reductions = { sum, mean, max, min, argMax, argMin, countNonFinite, logSumExp, norm };

function each<T>(ops: Readonly<Record<string, T>>, check: (name: string, op: T) => Check): [string, Check][] {
  return Object.entries(ops).map(([name, op]) => [name, check(name, op)]);
}

const all = async (checks: readonly Promise<string[]>[]) => (await Promise.all(checks)).flat();

/** Every check by name. */
export const specialValues: Readonly<Record<string, Check>> = Object.fromEntries([
  ...each(unary, (name, op) => (device) => compared(device, name, (make) => op(make(values)))),
  ...each(
    binary,
    // the sign of 0 / x is free
    (name, op) => (device) => compared(device, name, (make) => op(make(pairs[0]), make(pairs[1])), name !== "div"),
  ),
  ...each({ maximum, minimum }, (name, op) => (device) => {
    return compared(device, name, (make) => op(make(pairs[0]), make(pairs[1])), false); // NaN for NaN
  }),
  ["relu", (device) => compared(device, "relu", (make) => relu(make(values)), false)],
  [
    "where takes NaN for true, and the side not taken does no harm",
    (device) =>
      compared(device, "where", (make) =>
        where(make([nan, 0, -0, 1, inf]), make([1, nan, inf, 2, 3]), make([4, 5, 6, nan, inf])),
      ),
  ],
  ...each(reductions, (name, op) => (device) => {
    return all(lists.map((list) => compared(device, `${name} of ${list.slice(-3)}`, (make) => op(make(list)), false)));
  }),
  [
    "softmax of infinite logits",
    (device) => all(lists.map((list) => compared(device, `of ${list.slice(-3)}`, (make) => softmax(make(list))))),
  ],
  [
    "0 · NaN and 0 · Infinity in a product",
    (device) =>
      compared(device, "matmul", (make) =>
        matmul(reshape(make([nan, 0, inf, 1]), [2, 2]), reshape(make([1, 0, 0, 1]), [2, 2])),
      ),
  ],
  ["denormals are themselves or 0", denormals],
] as const);

async function denormals(device: Device): Promise<string[]> {
  const tiny = [1e-40, -1e-40];
  const wrong: string[] = [];
  for (const op of [abs, neg, sqrt, sign, relu, exp, tanh]) {
    const [own, there] = await both(device, (make) => op(make(tiny)));
    const [flushed] = await both(device, (make) => op(make([0, -0])));
    for (const [i, value] of own.entries()) {
      const got = there[i] as number;
      const isFine = isDenormal(got) || [value, flushed[i] as number].some((answer) => isSame(answer, got, false));
      if (!isFine) wrong.push(`${op.name} of ${tiny[i]}: cpu ${value}, there ${got}`);
    }
  }
  const [, larger] = await both(device, (make) => greater(make(tiny), make([0, 0])));
  return larger[1] === 0 ? wrong : [...wrong, "a negative denormal is above 0"];
}
