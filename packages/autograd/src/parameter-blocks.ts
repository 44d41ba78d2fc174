/** Which parameters form a block: a layer's weight with its bias, or a single parameter. */

import { type Shape, sizeOf, type Tensor, UsageError } from "@kronograd/tensor";
import { type CaptureRequest, groupByWeight, type LayerCall } from "./capture.ts";
import type { Block } from "./gradient.ts";
import type { Tape } from "./tape.ts";

/** Parameters by name, in a fixed order. */
export type Parameters = Readonly<Record<string, Tensor>>;

/** One layer block: the uses of a weight that is one of the parameters. */
export interface LayerBlock {
  readonly block: Block;
  readonly calls: readonly LayerCall[];
  /** Whether its gradient stays a pair of factors. */
  readonly factored: boolean;
}

/**
 * Sort the parameters into blocks. A bias that several weights share, or that the capture asks to keep apart, is a
 * block of its own.
 *
 * @throws {UsageError} two blocks have one name, a recorded weight is derived from a parameter, or the uses of a weight do not fit together
 */
export function planBlocks(
  parameters: Parameters,
  calls: readonly LayerCall[],
  capture: CaptureRequest,
  tape: Tape,
): { layers: LayerBlock[]; singles: Block[] } {
  const names = new Map(Object.entries(parameters).map(([name, t]) => [t.id, name]));
  const multiplied = new Set(calls.flatMap(({ weight, view }) => (view?.of ? [] : [weight.id])));
  // an embedding whose table is another layer's weight too is seen through that layer alone
  const known = calls.filter(({ weight, view }) => {
    return names.has(weight.id) && !(view?.of && multiplied.has(weight.id));
  });
  const derived = calls.find(({ weight }) => !names.has(weight.id) && tape.isTracked(weight));
  if (derived !== undefined) {
    throw new UsageError({
      where: derived.name,
      problem: "the weight that it records is made of a parameter, and is none itself",
      help: "Pass the parameter as weight; of its transpose, with view: transposedWeight.",
    });
  }
  const groups = groupByWeight(known, capture.bias ?? "joint");
  const owners = new Map<number, number>(); // how many weights a bias goes with
  for (const [{ bias }] of groups as [LayerCall][]) {
    if (bias !== null) owners.set(bias.id, (owners.get(bias.id) ?? 0) + 1);
  }
  const layers = groups.map((uses) => {
    const first = uses[0] as LayerCall;
    const joins = capture.bias !== "separate" || first.view !== undefined;
    const bias = joins && first.bias && names.has(first.bias.id) && owners.get(first.bias.id) === 1 ? first.bias : null;
    const factored = capture.gradient === "factored" && factors(uses, bias, tape);
    return { block: layerBlock(first, names, bias), calls: uses, factored };
  });
  const inLayers = new Set(layers.flatMap(({ block }) => block.parameters));
  const rest = Object.entries(parameters).filter(([name]) => !inLayers.has(name));
  const singles = rest.map(([name, { shape }]) => singleBlock(name, shape));
  checkNames([...layers.map(({ block }) => block), ...singles]);
  return { layers, singles };
}

function layerBlock(call: LayerCall, names: ReadonlyMap<number, string>, bias: Tensor | null): Block {
  const { name, weight, geometry, view } = call;
  const members = bias === null ? [weight] : [weight, bias];
  const shapes = members.map((t) => t.shape);
  const common = { name, parameters: members.map((t) => names.get(t.id) as string), shapes, isLayer: true };
  if (view?.of === "norms") {
    const size = members.reduce((total, t) => total + t.size, 0);
    return { ...common, shape: [size, 1], hasBias: false, isVector: true, groups: 1 };
  }
  const rows = weight.shape[0] as number;
  return {
    ...common,
    shape: [rows, sizeOf(weight.shape) / rows + members.length - 1],
    hasBias: bias !== null,
    groups: geometry.kind === "conv2d" ? geometry.groups : 1,
  };
}

function singleBlock(name: string, shape: Shape): Block {
  return { name, parameters: [name], shapes: [shape], shape, isLayer: false, hasBias: false, groups: 1 };
}

/** One use on plain rows, and nothing else reads the parameters (a penalty on weights would add to the gradient). */
function factors(uses: readonly LayerCall[], bias: Tensor | null, tape: Tape): boolean {
  const { weight, geometry, input, view } = uses[0] as LayerCall;
  const isPlain = uses.length === 1 && geometry.kind === "dense" && input.rank === 2 && view === undefined;
  return isPlain && tape.uses(weight) === 1 && (bias === null || tape.uses(bias) === 1);
}

function checkNames(blocks: readonly Block[]): void {
  const seen = new Set<string>();
  for (const { name } of blocks) {
    if (seen.has(name)) {
      throw new UsageError({
        where: "valueAndGrad",
        problem: `two blocks are named "${name}": layers, or a layer and a parameter`,
        help: "Give each recordLayer call a name of its own.",
      });
    }
    seen.add(name);
  }
}
