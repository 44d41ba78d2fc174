/** Outputs of a model for any number of rows, a few at a time. */

import { type Column, gatherBatch, type HostArray } from "@kronograd/data";
import { buffers, type Layer, parameters } from "@kronograd/layers";
import {
  adopt,
  assertWhole,
  copyOp,
  type Device,
  type Dtype,
  dispatchInto,
  empty,
  isTypedArray,
  mapTree,
  type Placement,
  placed,
  retain,
  ShapeError,
  scope,
  sizeOf,
  slice,
  Tensor,
  type Tree,
  tensor,
  treeLeaves,
  UsageError,
} from "@kronograd/tensor";

/** Rows for a model: a tensor, an array on the host, [N, …], a column of a data set, or several by position or name. */
export type PredictInputs =
  | Tensor
  | HostArray
  | Column
  | readonly PredictInputs[]
  | { readonly [name: string]: PredictInputs };

/** How `predict` goes about it. */
export interface PredictOptions {
  /** Rows at a time (default 500); it does not change the result but for rounding. */
  readonly batch?: number;
  /** Abort to stop after the rows under way. */
  readonly signal?: AbortSignal;
}

const longestTurn = 16; // milliseconds that the event loop waits at most, beyond one batch

/**
 * Run a model over rows in evaluation: no dropout, running statistics, no tape.
 *
 * A batch's intermediate values are freed before the next one begins, so memory holds one batch beside the outputs. Float
 * arrays on the host take the model's dtype; int32 arrays and tensors stay as they are.
 *
 * @returns [N, …] on the model's device, a tensor or the tree of tensors that the model returns; the caller owns it
 * @throws {UsageError} there are no rows, or batch is not a whole number ≥ 1
 * @throws {ShapeError} inputs hold different numbers of rows, or the model returns another number
 * @throws {DOMException} the signal was aborted (its own reason, if it gives one)
 * @example
 * const model = mlp([2, 16, 3], { rng: new Rng(0) });
 * const logits = await predict(model, { data: new Float32Array(2000), shape: [1000, 2] }, { batch: 256 });
 * logits.shape;   // [1000, 3]
 */
export async function predict<T extends Tree = Tensor>(
  model: Layer<Tree>,
  inputs: PredictInputs,
  { batch = 500, signal }: PredictOptions = {},
): Promise<T> {
  assertWhole("predict", "batch", batch);
  const placement = placementOf(model);
  const rows = rowsOf(inputs);
  let outputs: Tree | undefined;
  try {
    let turn = performance.now();
    for (let from = 0; from < rows; from += batch) {
      signal?.throwIfAborted();
      const to = Math.min(rows, from + batch);
      const whole: Tree | undefined = outputs;
      outputs = scope(() => {
        const part = model.forward(partOf(inputs, from, to, placement), { training: false }) as Tree;
        const into = whole ?? mapTree(part, (t, path) => retain(roomFor(t, path, to - from, rows)));
        fill(into, part, from, to);
        return into;
      });
      if (to < rows) turn = await settled(outputs, turn);
    }
    await settled(outputs as Tree, 0);
    signal?.throwIfAborted();
  } catch (error) {
    if (outputs !== undefined) for (const t of treeLeaves(outputs)) t.dispose();
    throw error;
  }
  return mapTree(outputs as Tree, adopt) as T;
}

function placementOf(model: Layer<Tree>): { device: Device; dtype: Dtype } {
  const [first] = [...Object.values(parameters(model)), ...Object.values(buffers(model))];
  return first ?? placed({});
}

const isHostArray = (inputs: object): inputs is HostArray =>
  "data" in inputs && isTypedArray(inputs.data) && "shape" in inputs && Array.isArray(inputs.shape);

const isColumn = (inputs: object): inputs is Column =>
  "values" in inputs && "prepare" in inputs && "shape" in inputs && Array.isArray(inputs.shape);

/** N, which all inputs must agree on. */
function rowsOf(inputs: PredictInputs): number {
  const counts = new Set<number>();
  const visit = (part: PredictInputs): void => {
    if (part instanceof Tensor || isHostArray(part)) counts.add(part.shape[0] ?? 0);
    else if (isColumn(part)) counts.add(part.values.length / sizeOf(part.shape));
    else for (const inner of Object.values(part)) visit(inner as PredictInputs);
  };
  visit(inputs);
  const [rows = 0] = counts;
  if (counts.size > 1) {
    throw new ShapeError({ where: "predict", problem: "inputs hold different numbers of rows", got: [...counts] });
  }
  if (rows > 0) return rows;
  throw new UsageError({
    where: "predict",
    problem: "there are no rows",
    expected: "a tensor or { data, shape } with axis 0 of at least 1, or several of them",
  });
}

/** Rows `from` … `to − 1` as tensors. */
function partOf(inputs: PredictInputs, from: number, to: number, { device, dtype }: Required<Placement>): Tree {
  if (inputs instanceof Tensor) return slice(inputs, [[from, to]]);
  if (isHostArray(inputs)) {
    const { data, shape } = inputs;
    const size = data.length / (shape[0] as number);
    const kept = data instanceof Int32Array ? "int32" : dtype;
    const values = data.subarray(from * size, to * size);
    return tensor(values, { shape: [to - from, ...shape.slice(1)], device, dtype: kept });
  }
  if (isColumn(inputs)) {
    const rows = Int32Array.from({ length: to - from }, (_, i) => from + i);
    return gatherBatch({ count: to, inputs, targets: {} }, rows, { device, dtype }).inputs;
  }
  const below = (inner: PredictInputs) => partOf(inner, from, to, { device, dtype });
  if (Array.isArray(inputs)) return inputs.map(below);
  return Object.fromEntries(Object.entries(inputs).map(([name, inner]) => [name, below(inner as PredictInputs)]));
}

/** An empty tensor for all rows of an output of which `part` holds the first. */
function roomFor(part: Tensor, path: string, count: number, rows: number): Tensor {
  const [first, ...rest] = part.shape;
  if (first !== count) {
    throw new ShapeError({
      where: path === "" ? "predict" : `predict, output "${path}"`,
      problem: "the model does not return a row for each row of its inputs",
      expected: count,
      got: part.shape,
    });
  }
  return empty(part.device, [rows, ...rest], part.dtype);
}

function fill(into: Tree, part: Tree, from: number, to: number): void {
  const parts = treeLeaves(part);
  treeLeaves(into).forEach((target, i) => {
    dispatchInto(copyOp, [slice(target, [[from, to]])], [parts[i] as Tensor], {});
  });
}

/**
 * Wait for a device that answers later, so that no more than one batch is under way there; give the event loop a turn where
 * the last one is long ago.
 *
 * @returns when it had its last turn
 */
async function settled(outputs: Tree, turn: number): Promise<number> {
  const [first] = treeLeaves(outputs);
  if (first !== undefined && first.device.backend.host === undefined) {
    const one = scope(() =>
      copied(
        slice(
          first,
          first.shape.map(() => [0, 1] as const),
        ),
      ),
    );
    await one.data();
    one.dispose();
  } else if (performance.now() - turn > longestTurn) await new Promise((resolve) => setTimeout(resolve));
  else return turn;
  return performance.now();
}

/** A copy of its own buffer, so that reading it reads no more. */
function copied(t: Tensor): Tensor {
  const made = empty(t.device, t.shape, t.dtype);
  dispatchInto(copyOp, [made], [t], {});
  return made;
}
