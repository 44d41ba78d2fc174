/** The ops of a model's forward pass, as text: what the model computes, however it was put together. */

import { type Layer, parameters } from "@kronograd/layers";
import { mapTree, Rng, setRecorder, type Tensor, type Tree } from "@kronograd/tensor";

/** A forward pass in training. */
export interface ForwardTrace {
  /** One line for each op: its name, where its inputs come from, its numbers. */
  readonly ops: readonly string[];
  readonly outputs: Tensor;
}

/**
 * Run a model once in training, without writing its buffers, and note every op.
 *
 * An input is `input` (`input.image` in a tree), the full name of a parameter, `#3` for the output of the third op, or the shape of a constant.
 */
export function traceForward(model: Layer<Tree>, inputs: Tree): ForwardTrace {
  const names = new Map<number, string>();
  for (const [name, { id }] of Object.entries(parameters(model))) names.set(id, name);
  mapTree(inputs, (t, path) => {
    names.set(t.id, path === "" ? "input" : `input.${path}`);
    return t;
  });
  const ops: string[] = [];
  const outer = setRecorder({
    record(op, from, to, params) {
      const sources = from.map((t) => names.get(t.id) ?? `[${t.shape.join(", ")}]`);
      const numbers = JSON.stringify(params);
      ops.push(`${op.name}(${sources.join(", ")})${numbers === "{}" ? "" : ` ${numbers}`}`);
      to.forEach((t, i) => {
        names.set(t.id, `#${ops.length}${i === 0 ? "" : `.${i}`}`);
      });
    },
  });
  try {
    return { ops, outputs: model.forward(inputs, { training: true, rng: new Rng(0) }) };
  } finally {
    setRecorder(outer);
  }
}
