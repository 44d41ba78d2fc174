/**
 * How a layer shows itself to curvature: `recordLayer` in its forward pass.
 *
 * Outside a capture the call does nothing. Inside one it notes which tensors are the weight, the bias, the input and the
 * output; the inputs are kept only if a method asked for them, and the output gradients are picked up on the way back.
 */

import { adopt, retain, type Tensor, UsageError } from "@kronograd/tensor";
import type { Geometry, LabelSource, LayerUse, ReadRows } from "./layer-record.ts";

/** Request of curvature methods for one step. */
export interface CaptureRequest {
  /** Join a layer's weight and bias into one block, even where nothing else is asked for. */
  readonly layers?: boolean;
  /** Keep the inputs of layers. */
  readonly inputs?: boolean;
  /** Go backward for output gradients under this label source. */
  readonly outputGrads?: LabelSource;
  /**
   * Whether output gradients are kept by position (default). If not, they are summed over an example's positions as soon as
   * the way back has passed them: [N, out] of a convolution is kept, not [N, out, height, width].
   */
  readonly positions?: boolean;
  /** Also take the gradient of every parameter under labels drawn from the model. */
  readonly labelGradient?: "sampled" | "randomSign";
  /** Leave gradients of layers without weight sharing as factors. */
  readonly gradient?: "dense" | "factored";
  /** Whether a layer's bias is the last column of its weight's block (default), or a parameter of its own. */
  readonly bias?: "joint" | "separate";
  /** Whether the scales and shifts of norms are blocks. */
  readonly norms?: boolean;
  /** Whether embeddings are blocks. */
  readonly embeddings?: boolean;
}

/** How a layer that multiplies no input by its weight shows itself as one that does. */
export interface LayerView {
  /** Kind of capture that sees it; default: it is always seen. */
  readonly of?: "norms" | "embeddings";
  /** From its input and the cotangents of its output, one for each label column. */
  use(input: Tensor, cotangents: readonly Tensor[], weight: Tensor): LayerUse;
  /** Needed where its uses are transposed: `weightedRows`. */
  readonly read?: ReadRows;
}

/** One use of a layer, as its forward pass reports it. */
export interface LayerCall {
  readonly name: string;
  /**
   * The parameter itself: dense [out, in]; conv2d [out, in/groups, kh, kw]. Of a layer that reads it transposed, [in, out]; such
   * a use has the view `transposedWeight` and no bias in its block.
   */
  readonly weight: Tensor;
  /** [out] */
  readonly bias: Tensor | null;
  readonly input: Tensor;
  /** Result of the op that read the weight; nothing may stand between. Its values are not kept. */
  readonly output: Tensor;
  readonly geometry: Geometry;
  /** Of a norm, an embedding or a transposed weight, with geometry "dense". */
  readonly view?: LayerView;
  /** Positions that are there (1) and padding (0), where the loss cannot see it: the axes of the input's rows, or the first of them. */
  readonly rowWeights?: Tensor | undefined;
}

/** Whether a request needs to know the layers at all. */
export function capturesLayers({ layers, inputs, outputGrads, gradient }: CaptureRequest = {}): boolean {
  return layers === true || inputs === true || outputGrads !== undefined || gradient === "factored";
}

let sink: LayerCall[] | undefined;
let asked: CaptureRequest = {};

/** Report one use of a layer's weight; free when nobody captures. */
export function recordLayer(call: LayerCall): void {
  if (sink === undefined || (call.view?.of && asked[call.view.of] !== true)) return;
  sink.push({ ...call, input: retain(call.input) }); // the forward pass may drop its own handle
}

/** Run `f` without anybody being told of its layers. */
export function withoutRecords<T>(f: () => T): T {
  const outer = sink;
  sink = undefined;
  try {
    return f();
  } finally {
    sink = outer;
  }
}

/**
 * Run `f` and collect the layers that report themselves, as far as the capture asks for them.
 *
 * @returns       the calls' inputs are handles that the current scope disposes of
 */
export function collectLayers<T>(capture: CaptureRequest, f: () => T): { result: T; calls: readonly LayerCall[] } {
  const outer = [sink, asked] as const;
  const calls: LayerCall[] = [];
  sink = capturesLayers(capture) ? calls : undefined;
  asked = capture;
  try {
    return { result: f(), calls };
  } finally {
    [sink, asked] = outer;
    for (const { input } of calls) adopt(input);
  }
}

/**
 * Group the uses of each weight: a layer applied several times, or two layers that share a weight.
 *
 * @throws {UsageError} two uses read their inputs differently, or blocks are to be joint and biases differ: there is no common [W | b]
 */
export function groupByWeight(calls: readonly LayerCall[], bias: "joint" | "separate"): LayerCall[][] {
  const groups = new Map<number, LayerCall[]>();
  for (const call of calls) {
    const group = groups.get(call.weight.id);
    if (group === undefined) {
      groups.set(call.weight.id, [call]);
      continue;
    }
    const first = group[0] as LayerCall;
    if (keyOf(first.geometry) !== keyOf(call.geometry)) {
      throw new UsageError({
        where: call.name,
        problem: `shares its weight with "${first.name}" but reads its input differently`,
        expected: keyOf(first.geometry),
        got: keyOf(call.geometry),
        help: "Give both the same kind, stride, padding, dilation and groups, or take curvature off this weight.",
      });
    }
    if (call.view && !call.view.of) {
      group.push(call); // transposed: its bias is not of this block's rows
      continue;
    }
    if (first.view && !first.view.of) {
      groups.set(call.weight.id, [call, ...group]);
      continue;
    }
    if (bias === "joint" && first.bias?.id !== call.bias?.id) {
      throw new UsageError({
        where: call.name,
        problem: `shares its weight with "${first.name}" but not its bias, so [weight, bias] is not one block`,
        help: 'Share the bias too, use layers without bias, or choose bias: "separate".',
      });
    }
    group.push(call);
  }
  return [...groups.values()];
}

/** A geometry in words. */
const keyOf = (geometry: Geometry): string => {
  if (geometry.kind === "dense") return geometry.kind;
  const { kernel, stride, padding, dilation, groups } = geometry;
  return `conv2d, kernel ${kernel}, stride ${stride}, padding ${padding}, dilation ${dilation}, groups ${groups}`;
};
