/** Summary of a model as a table. */

import { collectLayers, type LayerCall } from "@kronograd/autograd";
import { type Dtype, type Shape, scope, sizeOf, type Tensor, zeros } from "@kronograd/tensor";
import { callLayer, type Layer } from "./layer.ts";
import { layersOf, parameters } from "./model-tree.ts";

/** One layer that computes something itself. */
export interface SummaryRow {
  readonly name: string;
  readonly kind: string;
  /** Of one example, without the batch axis; null if the forward pass does not reach the layer. */
  readonly output: Shape | null;
  /** How many numbers training changes here; those of a shared tensor count where it comes first. */
  readonly parameters: number;
  /** "kfac block [out, in(+1)]" where curvature methods see the layer, else "plain gradient", or "" without parameters. */
  readonly curvature: string;
}

/** A model as rows, and as text for a terminal. */
export interface Summary {
  readonly rows: readonly SummaryRow[];
  readonly parameters: number;
  /** An aligned table with a line of totals. */
  readonly text: string;
}

/**
 * Describe a model by running it on one example of zeros, in evaluation.
 *
 * @param inputShape  shape of one example, without the batch axis
 * @param dtype       of the input; default that of the first parameter ("int32" for models that start with an embedding)
 * @throws {UsageError} the model is not initialized
 * @throws {ShapeError} the model does not take such examples
 * @example
 * console.log(summary(leNet({ rng: new Rng(0) }), [1, 28, 28]).text);
 */
export function summary(model: Layer, inputShape: Shape, { dtype }: { readonly dtype?: Dtype } = {}): Summary {
  const [first] = Object.values(parameters(model));
  const placement = { ...(first && { device: first.device, dtype: first.dtype }), ...(dtype && { dtype }) };
  const outputs = new Map<Layer, Shape>();
  const observe = (layer: Layer, output: Tensor) => {
    if (!outputs.has(layer)) outputs.set(layer, output.shape.slice(1));
  };
  const blocks = scope(() => {
    const input = zeros([1, ...inputShape], placement);
    const { calls } = collectLayers({ layers: true }, () => callLayer(model, "", input, { training: false, observe }));
    return new Map(calls.map((call) => [call.name, blockOf(call)]));
  });
  const counted = new Set<number>();
  const rows: SummaryRow[] = [];
  for (const [name, layer] of layersOf(model)) {
    const own = Object.values(layer.parameters?.() ?? {});
    if (layer.children !== undefined && own.length === 0) continue;
    const fresh = own.filter(({ id }) => !counted.has(id));
    for (const { id } of fresh) counted.add(id);
    rows.push({
      name,
      kind: layer.kind,
      output: outputs.get(layer) ?? null,
      parameters: fresh.reduce((count, { size }) => count + size, 0),
      curvature: own.length === 0 ? "" : (blocks.get(name) ?? "plain gradient"),
    });
  }
  const total = rows.reduce((count, row) => count + row.parameters, 0);
  return { rows, parameters: total, text: table(rows, total) };
}

function blockOf({ weight, bias, geometry }: LayerCall): string {
  const groups = geometry.kind === "conv2d" ? geometry.groups : 1;
  const rows = (weight.shape[0] as number) / groups;
  const columns = sizeOf(weight.shape.slice(1)) + (bias === null ? 0 : 1);
  return `kfac block ${groups === 1 ? "" : `${groups} × `}[${rows}, ${columns}]`;
}

function table(rows: readonly SummaryRow[], total: number): string {
  const count = (n: number) => n.toLocaleString("en-US");
  const cells = rows.map(({ name, kind, output, parameters, curvature }) => [
    name,
    kind,
    output === null ? "unused" : `[${["N", ...output].join(", ")}]`,
    parameters === 0 ? "" : count(parameters),
    curvature,
  ]);
  const lines = [["layer", "kind", "output", "parameters", "curvature"], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => (line[column] as string).length)));
  const text = lines.map(([name = "", kind = "", output = "", parameters = "", curvature = ""]) => {
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = widths;
    return [name.padEnd(w0), kind.padEnd(w1), output.padEnd(w2), parameters.padStart(w3), curvature]
      .join("  ")
      .trimEnd();
  });
  return [...text, `${count(total)} parameters`].join("\n");
}
