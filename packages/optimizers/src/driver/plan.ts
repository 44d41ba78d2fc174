/** What a chain will do to each block, before the first step; apart, for programs that print no plan. */

import type { Block } from "@kronograd/autograd";
import type { BlockPlan } from "../curvature-method.ts";
import type { Transform } from "../transform.ts";

/**
 * One row of the printed plan: that of the first method in a chain that has one. Groups of a convolution are so many blocks.
 *
 * @returns null for what is no layer, and where nothing is planned
 */
export function planBlock(
  { plan, links = [] }: Pick<Transform, "plan" | "links">,
  block: Pick<Block, "name" | "shape" | "isLayer"> & Partial<Block>,
  batch: number,
): BlockPlan | null {
  if (!block.isLayer) return null;
  if (plan === undefined) return links.map((link) => planBlock(link, block, batch)).find((row) => row !== null) ?? null;
  const { groups = 1, shape } = block;
  if (groups === 1) return plan(block as Block, batch);
  const [rows, columns] = shape as [number, number];
  const one = plan({ ...(block as Block), shape: [rows / groups, columns], groups: 1 }, batch);
  return { ...one, form: `${groups} × (${one.form})`, flops: groups * one.flops, bytes: groups * one.bytes };
}
