/**
 * Rows of records that the plain reductions do not read: those whose rows have weights, and those whose weight was read
 * transposed, so that its inputs and output gradients change sides.
 *
 * Symbols as in reductions.ts; ω weight of an example, π of a position within it, N = Σ ω of the step. In a record the output
 * gradients hold the weights already: with w = ω, or ω π where it is the loss that weighs positions,
 *
 *     empirical labels  w v        other labels  √w v
 *
 * so that √w v, whose second moment is wanted, is the former divided by √w and the latter itself.
 */

import {
  concat,
  div,
  frobenius2,
  greater,
  maximum,
  mul,
  reshape,
  scale,
  slice,
  sqrt,
  sum,
  type Tensor,
  where,
} from "@kronograd/tensor";
import type { LayerView } from "./capture.ts";
import type { Geometry, LayerRecord, LayerUse, ReadRows, Reduction, RowOptions, Side } from "./layer-record.ts";
import { append, columnsByPosition, foldOutput, labelColumns, receptiveFields, unfold } from "./reductions.ts";

/** Read the rows of a record with weights or transposed uses. */
export const weightedRows: ReadRows = (record, side, reduction, options) => {
  const [plain, transposed] = split(record);
  if (transposed === null) return ofOneKind(record, false, side, reduction, options);
  if (plain === null) return ofOneKind(transposed, true, side, reduction, options);
  return balanced(plain, transposed, side, reduction, options);
};

/**
 * View of a use that reads its weight transposed, y = x W for W [in, out]; its rows join W's block.
 *
 * @example
 * recordLayer({ name, weight: W, bias: null, input: x, output: y, geometry: { kind: "dense" }, view: transposedWeight });
 */
export const transposedWeight: LayerView = {
  read: weightedRows,
  use: (input, outputGrads) => ({ input, outputGrads, transposed: true }),
};

/** A record's plain uses and its transposed ones, each as a record. */
function split(record: LayerRecord): [plain: LayerRecord | null, transposed: LayerRecord | null] {
  const of = (transposed: boolean): LayerRecord | null => {
    const mine = record.uses.map((use) => (use.transposed ?? false) === transposed);
    if (!mine.includes(true)) return null;
    if (!mine.includes(false)) return record;
    const pick = <T>(list: readonly T[]) => list.filter((_, i) => mine[i]);
    const uses = pick(record.uses);
    const positions = uses.reduce((total, { input }) => total + input.size / (record.examples * lastOf(input)), 0);
    const { weights } = record;
    return {
      ...record,
      uses,
      positions,
      weights: weights && { ...weights, positions: weights.positions && pick(weights.positions) },
    };
  };
  return [of(false), of(true)];
}

/**
 * Rows of both kinds, one below the other. An input and an output gradient have no common unit, so the pair of the
 * transposed uses is multiplied by s and 1/s such that both kinds lie equally between A and G.
 */
function balanced(
  plain: LayerRecord,
  transposed: LayerRecord,
  side: Side,
  reduction: Reduction,
  options: Required<RowOptions>,
): Tensor {
  const all = plain.positions + transposed.positions;
  const rowsOf = (which: Side) => {
    const p = ofOneKind(plain, false, which, reduction, options);
    const t = ofOneKind(transposed, true, which, reduction, options);
    if (which === "inputs") return [p, options.bias ? append(t, 0) : t] as const;
    return [scale(p, Math.sqrt(plain.positions / all)), scale(t, Math.sqrt(transposed.positions / all))] as const;
  };
  const [A, G] = [rowsOf("inputs"), rowsOf("outputGrads")];
  const ratio = (rows: readonly [Tensor, Tensor]) => div(frobenius2(rows[0]), maximum(frobenius2(rows[1]), 1e-30));
  const s = sqrt(sqrt(div(ratio(A), maximum(ratio(G), 1e-30)))); // s⁴ = (tr A_p tr G_t) / (tr A_t tr G_p)
  const [p, t] = side === "inputs" ? A : G;
  return concat([p, side === "inputs" ? mul(t, s) : div(t, s)]);
}

function ofOneKind(
  record: LayerRecord,
  transposed: boolean,
  side: Side,
  reduction: Reduction,
  options: Required<RowOptions>,
): Tensor {
  const isInput = (side === "inputs") !== transposed;
  const { weights, total } = record;
  if (!transposed && (weights?.positions ?? null) === null) {
    const rows = reduction[side]({ ...record, total: 1 }, options);
    const factor = exampleFactor(record, isInput);
    const L = isInput ? 1 : (record.uses[0]?.outputGrads.length ?? 1);
    return overRootOf(factor === null ? rows : byExample(rows, factor, L), total);
  }
  const form = reduction.form[side];
  const columns = isInput ? [inputsOf(record, side, reduction, options)] : gradsOf(record, side, reduction, options);
  const m = columns[0]?.shape[1] as number;
  const kept = positionWeights(record, reduction.form.strided ? options.stride : 1);
  const T = kept?.shape[1] ?? (reduction.form.strided ? m : record.positions);
  const pi = m === T ? kept : null; // where positions were summed on the way back, π was in what was summed
  const factor = isInput ? inputFactor(record, pi, form) : gradFactor(record, pi, form);
  const present = kept && sum(kept, 1, { keepdims: true }); // [N, 1, 1]
  const made = columns.map((column) => {
    const rows = factor === null ? column : mul(column, factor); // [N, m, d]
    if (form === "sum") return sum(rows, 1);
    if (form === "mean") return sum(present === null ? scale(rows, 1 / T) : mul(rows, inverse(present)), 1);
    const all = scale(rows, Math.sqrt(record.positions / m)); // each of the m rows stands for T/m
    if (side === "inputs") return reshape(all, [-1, lastOf(all)]);
    const count = weights?.count ?? (present && scale(present, record.positions / m));
    const spread = count === null ? scale(all, 1 / Math.sqrt(record.positions)) : mul(all, inverseRoot(count));
    return reshape(spread, [-1, lastOf(all)]);
  });
  return overRootOf(concat(made), total);
}

/** √ω for inputs; for output gradients what makes √ω v of them; [N, 1, 1] or null for 1. */
function exampleFactor({ weights, labels }: LayerRecord, isInput: boolean): Tensor | null {
  const omega = weights?.examples ?? null;
  if (omega === null || (!isInput && labels !== "empirical")) return null;
  return reshape(isInput ? sqrt(omega) : inverseRoot(omega), [-1, 1, 1]);
}

/** √(ω π) where every position is a row, √ω π where they are added. */
function inputFactor(record: LayerRecord, pi: Tensor | null, form: string): Tensor | null {
  return product(exampleFactor(record, true), pi && form === "each" ? sqrt(pi) : pi);
}

/** Factor that turns output gradients into √w v. */
function gradFactor(record: LayerRecord, pi: Tensor | null, form: string): Tensor | null {
  const { weights, labels } = record;
  const example = exampleFactor(record, false);
  if (pi === null) return example;
  if (!weights?.ofLoss) return product(example, sqrt(pi)); // 0 where there is no position
  return product(example, form === "each" && labels === "empirical" ? inverseRoot(pi) : null);
}

const product = (a: Tensor | null, b: Tensor | null): Tensor | null => (a && b ? mul(a, b) : (a ?? b));

/** Inputs by position [N, m, d], with the bias coordinate where it is asked for. */
function inputsOf(
  { uses, geometry, name }: LayerRecord,
  side: Side,
  { form, noBias }: Reduction,
  { bias, stride }: Required<RowOptions>,
): Tensor {
  if (side === "inputs" && bias && noBias) throw noBias(name);
  const seen = form.taps ? receptiveFields : unfold;
  const u = concat(
    uses.map(({ input }) => seen(input, geometry, form.strided ? stride : 1)),
    1,
  );
  return side === "inputs" && bias ? append(u, 1) : u;
}

/** Output gradients by position, [N, m, d] for each label column. */
function gradsOf(record: LayerRecord, side: Side, { form }: Reduction, { stride }: Required<RowOptions>): Tensor[] {
  const columns = form[side] === "each" ? columnsByPosition(record) : labelColumns(record);
  return columns.map((grads) =>
    concat(
      grads.map((grad) => foldOutput(grad, record.geometry, form.strided ? stride : 1)),
      1,
    ),
  );
}

/** π [N, m, 1] of the positions that are kept; null where all count once. */
function positionWeights({ weights, uses, geometry }: LayerRecord, stride: number): Tensor | null {
  const { positions = null } = weights ?? {};
  if (positions === null) return null;
  const kept = positions.map((pi, u) => keptOf(pi, uses[u] as LayerUse, geometry, stride));
  const all = concat(kept, 1);
  return reshape(all, [...all.shape, 1]);
}

function keptOf(pi: Tensor, { input }: LayerUse, geometry: Geometry, stride: number): Tensor {
  if (stride === 1) return pi;
  if (geometry.kind === "dense") return slice(pi, [null, [undefined, undefined, stride]]);
  const N = input.shape[0] as number;
  const grid = reshape(pi, [N, 1, ...gridOf(input, geometry)]);
  const every = [undefined, undefined, stride] as const;
  return reshape(slice(grid, [null, null, every, every]), [N, -1]);
}

function gridOf({ shape }: Tensor, geometry: Exclude<Geometry, { kind: "dense" }>): [number, number] {
  const size = (axis: 0 | 1) => {
    const reach = geometry.dilation[axis] * (geometry.kernel[axis] - 1) + 1;
    return Math.floor(((shape[2 + axis] as number) + 2 * geometry.padding[axis] - reach) / geometry.stride[axis]) + 1;
  };
  return [size(0), size(1)];
}

/**
 * Inputs [N, T, in(+1)] and output gradients [L, N, T, out] of single examples.
 *
 * The mean over N, and the sum over L, of what is squared or multiplied of their gradients Σ_t v uᵀ is the step's statistic: rows
 * hold the roots of their weights. Of transposed uses label columns become examples: N is then L times as many, and L is 1.
 */
export function perExample(
  record: LayerRecord,
  { bias = record.hasBias }: RowOptions = {},
): { inputs: Tensor; outputGrads: Tensor } {
  const { uses, geometry, examples, total } = record;
  const columns = columnsByPosition(record).map((grads) =>
    grads.map((grad) => weighed(record, foldOutput(grad, geometry, 1))),
  );
  const inputs = uses.map(({ input }, k) => {
    const u = unfold(input, geometry, 1);
    return bias && !uses[k]?.transposed ? append(u, 1) : u;
  });
  const share = total === examples ? null : typeof total === "number" ? Math.sqrt(examples / total) : total;
  const shared = (v: Tensor) =>
    share === null ? v : typeof share === "number" ? scale(v, share) : mul(v, sqrt(div(examples, share)));
  if (!uses.some(({ transposed }) => transposed)) {
    const stacked = columns.map((grads) => {
      const v = shared(concat(grads, 1));
      return reshape(v, [1, ...v.shape]);
    });
    return { inputs: concat(inputs, 1), outputGrads: concat(stacked) };
  }
  const L = columns.length;
  const sides = columns.map((grads) => {
    const root = Math.sqrt(L);
    const pairs = uses.map(({ transposed }, k): [Tensor, Tensor] => {
      const v = scale(shared(grads[k] as Tensor), root);
      if (!transposed) return [inputs[k] as Tensor, v];
      return [bias ? append(v, 0) : v, inputs[k] as Tensor];
    });
    return [
      concat(
        pairs.map(([a]) => a),
        1,
      ),
      concat(
        pairs.map(([, g]) => g),
        1,
      ),
    ] as const;
  });
  const outputGrads = concat(sides.map(([, g]) => g));
  return { inputs: concat(sides.map(([a]) => a)), outputGrads: reshape(outputGrads, [1, ...outputGrads.shape]) };
}

/** √ω v by position [N, T, d], from what the record holds. */
function weighed(record: LayerRecord, v: Tensor): Tensor {
  const factor = exampleFactor(record, false);
  return factor === null ? v : mul(v, factor);
}

/** Rows [L N m, d], label column after label column, times a factor of each example, [N, 1, 1]. */
function byExample(rows: Tensor, factor: Tensor, L: number): Tensor {
  return reshape(mul(reshape(rows, [L, factor.size, -1]), reshape(factor, [-1, 1])), rows.shape);
}

const overRootOf = (rows: Tensor, total: number | Tensor): Tensor =>
  typeof total === "number" ? scale(rows, 1 / Math.sqrt(total)) : div(rows, sqrt(total));

/** 1/x, and 0 where x is 0. */
const inverse = (x: Tensor): Tensor => where(greater(x, 0), div(1, x), 0);

/** 1/√x, and 0 where x is 0. */
const inverseRoot = (x: Tensor): Tensor => sqrt(inverse(x));

const lastOf = ({ shape }: Tensor): number => shape[shape.length - 1] as number;
