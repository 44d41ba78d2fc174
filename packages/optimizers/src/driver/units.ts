/** Unit of a block method: one block, or one group of a grouped convolution as if it were a layer. */

import { type Block, denseGradient, type Gradient, type LayerRecord } from "@kronograd/autograd";
import { concat, slice } from "@kronograd/tensor";
import { type BlockInfo, blockInfo } from "../block-info.ts";
import type { StepContext, Updates } from "../transform.ts";

/** One unit of a step. Gradients are made when asked for. */
export interface Unit {
  readonly block: BlockInfo;
  readonly gradient: () => Gradient;
  readonly labelGradient: () => Gradient | undefined;
  /** One record for each part of the batch; none where the block has no record on this step. */
  readonly records: readonly LayerRecord[];
}

const nameOfGroup = (name: string, k: number): string => `${name}[group ${k}]`;

/** The units of the blocks that a method takes, in the order of the blocks. */
export function unitsOf(updates: Updates, context: StepContext, takes: (block: BlockInfo) => boolean): Unit[] {
  const { records, labelGradients, roles } = context;
  return [...updates].flatMap(([name, gradient]): Unit[] => {
    const block = blockInfo(gradient.block, roles);
    if (!takes(block)) return [];
    const own = records.get(name) ?? [];
    const labels = labelGradients?.get(name);
    if (block.groups === 1) return [{ block, gradient: () => gradient, labelGradient: () => labels, records: own }];
    return Array.from({ length: block.groups }, (_, k) => {
      const part = groupOf(block, k);
      return {
        block: part,
        gradient: () => groupGradient(part, gradient, k),
        labelGradient: () => labels && groupGradient(part, labels, k),
        records: own.map((record) => record.group(k)),
      };
    });
  });
}

function groupOf(block: BlockInfo, k: number): BlockInfo {
  const [rows, columns] = block.shape as [number, number];
  return { ...block, name: nameOfGroup(block.name, k), shape: [rows / block.groups, columns], groups: 1 };
}

function groupGradient(part: Block, whole: Gradient, k: number): Gradient {
  const height = part.shape[0] as number;
  return denseGradient(part, slice(whole.dense(), [[k * height, (k + 1) * height]]));
}

/** Updates with the directions of the units in place of the gradients; those of groups are stacked again. */
export function withDirections(updates: Updates, directions: ReadonlyMap<string, Gradient>): Updates {
  return new Map(
    [...updates].map(([name, gradient]) => {
      const { block } = gradient;
      const whole = directions.get(name);
      if (whole !== undefined) return [name, whole];
      if (!directions.has(nameOfGroup(name, 0))) return [name, gradient];
      const parts = Array.from({ length: block.groups }, (_, k) => directions.get(nameOfGroup(name, k)) as Gradient);
      return [name, denseGradient(block, concat(parts.map((part) => part.dense()), 0))]; // biome-ignore format: one line
    }),
  );
}
