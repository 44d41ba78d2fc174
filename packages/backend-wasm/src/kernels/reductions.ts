/** Kernels of sum, dot, max, min and countNonFinite. Sums are accumulated in float64, lane by lane, in a fixed order. */

import { type Operand, sizeOf } from "@kronograd/tensor";
import { byFloat } from "../dtype.ts";
import { defineExtremum } from "../emit/extremum.ts";
import { defineCountNonFinite, defineDot, defineSumColumns, defineSumRows } from "../emit/sums.ts";
import { f32x4, f64x2, type Lanes } from "../engine/lanes.ts";
import { addressOf, inShares } from "../engine/runtime.ts";
import type { Kernels, Kit } from "../kit.ts";

/** Neighbouring axes that are all summed, or all kept, as one. */
interface Group {
  readonly size: number;
  readonly isReduced: boolean;
}

export function groupsOf(shape: readonly number[], axes: readonly number[]): Group[] {
  const groups: Group[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const isReduced = axes.includes(axis);
    const last = groups.at(-1);
    if (last?.isReduced === isReduced) groups[groups.length - 1] = { size: last.size * size, isReduced };
    else groups.push({ size, isReduced });
  });
  return groups;
}

const product = (groups: readonly Group[]) => sizeOf(groups.map(({ size }) => size));

/** Sums of a dense operand over axes, into a dense target of its dtype. */
export type SumOver = (target: Operand, x: Operand, axes: readonly number[]) => void;

export function createSum(kit: Kit): (dtype: Operand["dtype"]) => SumOver | null {
  const make = (lanes: Lanes): SumOver => {
    const code = kit.code<"rows" | "columns">((module) => {
      defineSumRows(module, "rows", lanes);
      defineSumColumns(module, "columns", lanes);
    });
    return (target, x, axes) => {
      let groups = groupsOf(x.shape, axes);
      let source = x;
      if (!groups.some(({ isReduced }) => isReduced))
        kit.copy(target, { ...x, shape: target.shape, strides: target.strides });
      while (groups.some(({ isReduced }) => isReduced)) {
        const i = groups.findLastIndex(({ isReduced }) => isReduced);
        const rest = groups.filter((_, place) => place !== i);
        const isLast = !rest.some(({ isReduced }) => isReduced);
        const out = isLast ? target : kit.temporary(x.dtype, [product(rest)]);
        const [outer, n, inner] = [product(groups.slice(0, i)), groups[i]!.size, product(groups.slice(i + 1))];
        const { rows, columns } = code();
        const [from, to] = [addressOf(source), addressOf(out)];
        inShares(kit.fork(4 * outer * n * inner), outer, (first, count, call) => {
          const [start, target] = [from + first * n * inner * lanes.bytes, to + first * inner * lanes.bytes];
          if (inner === 1) call(rows, count, n, start, target);
          else call(columns, count, n, inner, start, target);
        });
        groups = rest;
        source = out;
      }
    };
  };
  return byFloat(make(f32x4), make(f64x2));
}

/** Kernels of sum, dot, max, min and countNonFinite. */
export function reductionKernels(kit: Kit): Kernels {
  const sumOver = createSum(kit);
  const code = kit.code<string>((module) => {
    for (const lanes of [f32x4, f64x2]) {
      defineDot(module, `dot ${lanes.name}`, lanes);
      defineCountNonFinite(module, `nonFinite ${lanes.name}`, lanes);
      for (const kind of ["max", "min"] as const) defineExtremum(module, `${kind} ${lanes.name}`, lanes, kind);
    }
  });
  const nameOf = byFloat("f32", "f64");

  const extremum =
    (kind: "max" | "min"): Kernels[string] =>
    ([values, indices], [x], { axes }: { axes: readonly number[] }) => {
      const name = nameOf(x!.dtype);
      const groups = groupsOf(x!.shape, axes);
      const reduced = groups.filter(({ isReduced }) => isReduced);
      if (name === null || reduced.length > 1) return false;
      const i = groups.findIndex(({ isReduced }) => isReduced);
      const at = i < 0 ? groups.length : i;
      const [outer, n, inner] = [product(groups.slice(0, at)), reduced[0]?.size ?? 1, product(groups.slice(at + 1))];
      code()[`${kind} ${name}`]!(outer, n, inner, addressOf(kit.dense(x!)), addressOf(values!), addressOf(indices!));
      return true;
    };

  return {
    sum([out], [x], { axes }: { axes: readonly number[] }) {
      const own = sumOver(x!.dtype);
      if (own !== null) own(out!, kit.dense(x!), axes);
      else {
        // integers: as float64, which holds every sum below 2⁵³ exactly
        const [wide, total] = [kit.temporary("float64", x!.shape), kit.temporary("float64", out!.shape)];
        kit.values(wide).set(kit.values(kit.dense(x!)));
        sumOver("float64")!(total, wide, axes);
        kit.values(out!).set(kit.values(total));
      }
      return true;
    },
    dot([out], [x, y]) {
      const name = nameOf(x!.dtype);
      if (name === null || x!.dtype !== y!.dtype) return false;
      const total = code()[`dot ${name}`]!(sizeOf(x!.shape), addressOf(kit.dense(x!)), addressOf(kit.dense(y!)));
      kit.values(out!)[0] = total;
      return true;
    },
    max: extremum("max"),
    min: extremum("min"),
    countNonFinite([out], inputs) {
      let count = 0;
      for (const input of inputs) {
        const name = nameOf(input.dtype);
        if (name !== null) count += code()[`nonFinite ${name}`]!(sizeOf(input.shape), addressOf(kit.dense(input)));
      }
      kit.values(out!)[0] = count;
      return true;
    },
  };
}
