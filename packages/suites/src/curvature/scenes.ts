/**
 * Blocks whose exact curvature is known, as the records that a method sees of them: a dense layer, positions or uses that
 * share a weight, several label columns, the vector of a norm.
 *
 * In each, inputs and output gradients are exactly independent, as every input meets every output gradient. So
 * E[Σ_l (Σ_t v uᵀ)(Σ_t v uᵀ)ᵀ] over examples, with label columns l and positions t, is a Kronecker product:
 *
 * | scene | the net | why |
 * | --- | --- | --- |
 * | dense | one position | E[vvᵀ] ⊗ E[uuᵀ] |
 * | each | every position has a term of its own in the loss | signs cancel the products of two positions: 2 E[vvᵀ] ⊗ E[uuᵀ] |
 * | pooled | positions are added up before the loss | v is the same at both: E[vvᵀ] ⊗ E[(u₁ + u₂)(u₁ + u₂)ᵀ] |
 * | vector | a norm | u = 1: E[vvᵀ] |
 *
 * Symbols: N examples, u [in(+1)] an input with its bias coordinate, v [out] an output gradient.
 */

import { type Block, type Geometry, type LayerRecord, layerRecord } from "@kronograd/autograd";
import {
  add,
  concat,
  eye,
  gather,
  matmul,
  ones,
  type Rng,
  reshape,
  scale,
  type Tensor,
  tensor,
} from "@kronograd/tensor";
import { type AnyMethod, blockOf, hasBias, randomRows, type Size } from "./bench.ts";

/** A block, a record of it, and rows [L N, out·in] whose outer products, added up and divided by N, are its exact curvature. */
export interface Scene {
  readonly block: Block;
  readonly record: LayerRecord;
  readonly scores: Tensor;
  readonly examples: number;
}

/** What an example holds at one position: an input [N, in], and an output gradient for each label column [N, out]. */
interface Position {
  readonly input: Tensor;
  readonly columns: readonly Tensor[];
}

const float64 = { dtype: "float64" } as const;

/** One position. */
export function denseScene(method: AnyMethod, size: Size, rng: Rng): Scene {
  const pairs = everyPair(method, size, rng);
  return sceneOf(method, size, [pairs], [{ input: pairs.input, outputGrads: pairs.columns }], { kind: "dense" });
}

/** How two positions are shared: in the loss, and in the net as places of a convolution or as two uses of the weight. */
export type Sharing = readonly [loss: "each" | "pooled", net: "places" | "uses"];

/** Two positions that share the weight. */
export function sharedScene(method: AnyMethod, size: Size, [loss, net]: Sharing, rng: Rng): Scene {
  const positions = loss === "each" ? ownTerms(method, size, rng) : pooled(method, size, rng);
  if (net === "uses") {
    const uses = positions.map(({ input, columns }) => ({ input, outputGrads: columns }));
    return sceneOf(method, size, positions, uses, { kind: "dense" });
  }
  const images = (rows: readonly Tensor[]): Tensor =>
    // [N, width, 1, 2]
    concat(
      rows.map((t) => reshape(t, [...t.shape, 1, 1])),
      3,
    );
  const [first] = positions;
  const use = {
    input: images(positions.map(({ input }) => input)),
    outputGrads: first.columns.map((_, l) => images(positions.map(({ columns }) => columns[l] as Tensor))),
  };
  const pair = [1, 1] as const;
  return sceneOf(method, size, positions, [use], {
    kind: "conv2d",
    kernel: pair,
    stride: pair,
    padding: [0, 0],
    dilation: pair,
    groups: 1,
  });
}

/** The scale and shift of a norm over `features`: one vector. */
export function vectorScene(method: AnyMethod, features: number, rng: Rng): Scene {
  const size = { in: 1, out: 2 * features };
  const columns = columnsOf(method, (k) => randomRows(size.out + 5, size, rng.fork(k)).outputGrads);
  const examples = size.out + 5;
  const input = ones([examples, 1], float64);
  const block: Block = {
    name: "layer",
    parameters: ["layer.gamma", "layer.beta"],
    shapes: [[features], [features]],
    shape: [size.out, 1],
    isLayer: true,
    hasBias: false,
    isVector: true,
    groups: 1,
  };
  const record = recordOf(method, [{ input, outputGrads: columns }], { kind: "dense" }, false);
  return { block, record, scores: concat([...columns], 0), examples };
}

/** Signs flip the second position's gradients in half of the examples. */
function ownTerms(method: AnyMethod, size: Size, rng: Rng): readonly [Position, Position] {
  const pairs = everyPair(method, size, rng);
  const count = pairs.input.shape[0] as number;
  const order = tensor(Int32Array.from({ length: count }, (_, n) => count - 1 - n));
  const back = (t: Tensor): Tensor => gather(t, order);
  return [
    { input: concat([pairs.input, pairs.input], 0), columns: pairs.columns.map((t) => concat([t, t], 0)) },
    {
      input: concat([back(pairs.input), back(pairs.input)], 0),
      columns: pairs.columns.map((t) => concat([back(t), scale(back(t), -1)], 0)),
    },
  ];
}

function pooled(method: AnyMethod, size: Size, rng: Rng): readonly [Position, Position] {
  const first = everyPair(method, size, rng);
  return [first, { input: everyPair(method, size, rng.fork("second")).input, columns: first.columns }];
}

/**
 * Each of a few inputs with each of a few output gradients. A method that does not see output gradients is given those of
 * E[vvᵀ] = I.
 */
function everyPair(method: AnyMethod, size: Size, rng: Rng): Position {
  const few = randomRows(size.in + 3, size, rng);
  const columns = columnsOf(method, (k) =>
    method.needs.outputGrads === undefined
      ? scale(eye(size.out, float64), Math.sqrt(size.out))
      : scale(randomRows(size.out + 2, size, rng.fork(k)).outputGrads, k + 1),
  );
  const [I, J] = [few.inputs.shape[0] as number, (columns[0] as Tensor).shape[0] as number];
  const index = (f: (n: number) => number) => tensor(Int32Array.from({ length: I * J }, (_, n) => f(n)));
  const [ofInputs, ofGrads] = [index((n) => n % I), index((n) => Math.floor(n / I))];
  return { input: gather(few.inputs, ofInputs), columns: columns.map((t) => gather(t, ofGrads)) };
}

/** Label columns: two where the method asks for exact labels, which come as several. */
const columnsOf = (method: AnyMethod, make: (k: number) => Tensor): readonly Tensor[] =>
  Array.from({ length: method.needs.outputGrads === "exact" ? 2 : 1 }, (_, k) => make(k));

function sceneOf(
  method: AnyMethod,
  size: Size,
  positions: readonly Position[],
  uses: LayerRecord["uses"],
  geometry: Geometry,
): Scene {
  const [{ input, columns }] = positions as [Position];
  const scores = columns.map((_, l) =>
    positions.map((at) => outerProducts(at.columns[l] as Tensor, homogeneous(method, at.input))).reduce(add),
  );
  const dense = blockOf(method, size);
  const weight = geometry.kind === "conv2d" ? [size.out, size.in, 1, 1] : [size.out, size.in];
  return {
    block: { ...dense, shapes: [weight, ...dense.shapes.slice(1)] },
    record: recordOf(method, uses, geometry, hasBias(method)),
    scores: concat(scores, 0),
    examples: input.shape[0] as number,
  };
}

function recordOf(method: AnyMethod, uses: LayerRecord["uses"], geometry: Geometry, bias: boolean): LayerRecord {
  const labels = method.needs.outputGrads;
  return layerRecord({
    name: "layer",
    geometry,
    hasBias: bias,
    labels: labels ?? "empirical",
    uses: labels === undefined ? uses.map(({ input }) => ({ input, outputGrads: [] })) : uses,
  });
}

/** u with the bias coordinate, where the method's blocks have one: [N, in(+1)]. */
const homogeneous = (method: AnyMethod, input: Tensor): Tensor =>
  hasBias(method) ? concat([input, ones([input.shape[0] as number, 1], input)], 1) : input;

/** Rows v_n u_nᵀ, flat: [N, out·in]. */
function outerProducts(v: Tensor, u: Tensor): Tensor {
  const [N, out] = v.shape as [number, number];
  return reshape(matmul(reshape(v, [N, out, 1]), reshape(u, [N, 1, -1])), [N, -1]);
}
