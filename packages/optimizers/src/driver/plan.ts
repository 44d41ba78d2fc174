/** Plan of a chain for each block, before the first step; apart, for programs that print no plan. */

import type { Block } from "@kronograd/autograd";
import { type BlockPlan, blockInfo, type Roles } from "../block-info.ts";
import type { Transform } from "../transform.ts";

/**
 * One row of the printed plan: that of the first method in a chain that has one. Groups of a convolution are so many blocks.
 *
 * @returns null for what no method takes, and where nothing is planned
 */
export function planBlock(
  { plan, takes, route, links = [] }: Pick<Transform, "plan" | "links" | "takes" | "route">,
  block: Pick<Block, "name" | "shape" | "isLayer"> & Partial<Block>,
  batch: number,
  roles?: Roles,
): BlockPlan | null {
  if (route !== undefined) {
    const [parameter = block.name] = block.parameters ?? [];
    const { role } = blockInfo({ ...asBlock(block), parameters: [parameter] }, roles);
    return planBlock(
      route({ name: parameter, shape: block.shapes?.[0] ?? block.shape, role }).chain,
      block,
      batch,
      roles,
    );
  }
  if (plan === undefined)
    return links.map((link) => planBlock(link, block, batch, roles)).find((row) => row !== null) ?? null;
  const { groups = 1, shape } = block;
  const info = blockInfo(asBlock(block), roles);
  if (!(takes ?? (() => block.isLayer))(info)) return null;
  if (groups === 1) return plan(info, batch);
  const [rows, columns] = shape as [number, number];
  const one = plan({ ...info, shape: [rows / groups, columns], groups: 1 }, batch);
  return { ...one, form: `${groups} × (${one.form})`, flops: groups * one.flops, bytes: groups * one.bytes };
}

function asBlock(block: Parameters<typeof planBlock>[1]): Block {
  const { name, shape } = block;
  return { parameters: [name], shapes: [shape], hasBias: false, groups: 1, ...block };
}
