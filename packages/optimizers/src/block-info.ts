/** Description of a block before its first gradient: its place in the model, its form, and what will be done to it. */

import type { Block } from "@kronograd/autograd";
import type { Tensor } from "@kronograd/tensor";

/**
 * Role of a block in its model. `first` reads the model's input, `last` gives its output, `hidden` stands between; scales and
 * shifts of norms are `norm`, and `other` is what nobody gave a role.
 */
export type BlockRole = "first" | "hidden" | "last" | "embedding" | "norm" | "bias" | "other";

/** All roles, for messages and help. */
export const blockRoles: readonly BlockRole[] = ["first", "hidden", "last", "embedding", "norm", "bias", "other"];

/** A block with its role. */
export interface BlockInfo extends Block {
  readonly role: BlockRole;
}

/** Roles by parameter name, as the training driver reads them off the model. */
export type Roles = Readonly<Record<string, BlockRole>>;

/** A block with the role of its first parameter; without roles, a layer counts as hidden, a norm's vector as norm, the rest as other. */
export function blockInfo(block: Block, roles: Roles = {}): BlockInfo {
  const known = roles[block.parameters[0] ?? block.name];
  return { ...block, role: known ?? (block.isVector ? "norm" : block.isLayer ? "hidden" : "other") };
}

/**
 * Whether a parameter is a weight rather than a bias or a norm's.
 *
 * Its role decides; where that is not known, a rank of at least 2.
 */
export function isWeight(parameter: string, rank: number, roles: Roles = {}): boolean {
  const role = roles[parameter] ?? "other";
  return role === "other" ? rank >= 2 : role !== "bias" && role !== "norm";
}

/** Matrices and spectra of a block, by name. */
export interface CurvatureView {
  readonly matrices?: Readonly<Record<string, Tensor>>;
  readonly spectra?: Readonly<Record<string, Tensor>>;
}

/** One row of the printed plan: the form of a block's curvature, its cost and its memory. */
export interface BlockPlan {
  /** "A dual 32 · G primal 10" */
  readonly form: string;
  /** Flops of curvature, a step on average. */
  readonly flops: number;
  /** Bytes of statistics and inverses. */
  readonly bytes: number;
  readonly precision: string;
}
