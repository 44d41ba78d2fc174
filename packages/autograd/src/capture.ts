/**
 * How a layer shows itself to curvature: `recordLayer` in its forward pass.
 *
 * Outside a capture the call does nothing. Inside one it notes which tensors are the weight, the bias, the input and the
 * output; the inputs are kept only if a method asked for them, and the output gradients are picked up on the way back.
 */

import { type Tensor, UsageError } from "@kronograd/tensor";
import type { Geometry } from "./layer-record.ts";
import type { LabelSource } from "./loss.ts";

/** What curvature methods ask of one step. */
export interface CaptureRequest {
  /** Join a layer's weight and bias into one block, even where nothing else is asked for. */
  readonly layers?: boolean;
  /** Keep the inputs of layers. */
  readonly inputs?: boolean;
  /** Go backward for output gradients under this label source. */
  readonly outputGrads?: LabelSource;
  /** Leave gradients of layers without weight sharing as factors. */
  readonly gradient?: "dense" | "factored";
}

/** One use of a layer, as its forward pass reports it. */
export interface LayerCall {
  readonly name: string;
  /** dense [out, in]; conv2d [out, in/groups, kh, kw] */
  readonly weight: Tensor;
  /** [out] */
  readonly bias: Tensor | null;
  readonly input: Tensor;
  /** What the op that read the weight returned; nothing may stand between. */
  readonly output: Tensor;
  readonly geometry: Geometry;
}

let sink: LayerCall[] | undefined;

/** Report one use of a layer's weight; free when nobody captures. */
export function recordLayer(call: LayerCall): void {
  sink?.push(call);
}

/** Run `f` and collect the layers that reported themselves. */
export function collectLayers<T>(f: () => T): { result: T; calls: LayerCall[] } {
  const outer = sink;
  const calls: LayerCall[] = [];
  sink = calls;
  try {
    return { result: f(), calls };
  } finally {
    sink = outer;
  }
}

/**
 * Group the uses of each weight: a layer applied several times, or two layers that share a weight.
 *
 * @throws {UsageError} two uses of one weight have different biases or geometries: they have no common [W | b]
 */
export function groupByWeight(calls: readonly LayerCall[]): LayerCall[][] {
  const groups = new Map<number, LayerCall[]>();
  for (const call of calls) {
    const group = groups.get(call.weight.id);
    if (group === undefined) {
      groups.set(call.weight.id, [call]);
      continue;
    }
    const first = group[0] as LayerCall;
    if (first.bias?.id !== call.bias?.id) {
      throw new UsageError({
        where: call.name,
        problem: `shares its weight with "${first.name}" but not its bias, so [weight, bias] is not one block`,
        help: "Share the bias too, or use layers without bias.",
      });
    }
    group.push(call);
  }
  return [...groups.values()];
}
