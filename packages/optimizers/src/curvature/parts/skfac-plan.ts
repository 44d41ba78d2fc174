/** SKFAC's choice between columns and matrices for each side of a layer, and what the plan says of it. */

import type { Block } from "@kronograd/autograd";
import type { Tensor } from "@kronograd/tensor";
import type { BlockPlan } from "../../block-info.ts";
import { cheaperForm, dualFlops, primalFlops, type SideWork } from "./flops.ts";

interface Choices extends Pick<SideWork, "truncation"> {
  readonly rank: number | null;
  readonly refreshEvery: number;
}

/** Which form each side keeps, from the rows of the first batch. */
export function chooseForms(
  rows: { readonly A: Tensor; readonly G: Tensor; readonly shared: boolean },
  examples: number,
  choices: Choices,
): { A: "dual" | "primal"; G: "dual" | "primal" } {
  const [arrivingA, i] = rows.A.shape as [number, number];
  const [arrivingG, o] = rows.G.shape as [number, number];
  const work = works({ o, i, examples, shared: rows.shared, arrivingA, arrivingG }, choices);
  return { A: cheaperForm(work.A), G: cheaperForm(work.G) };
}

interface Sizes {
  readonly o: number;
  readonly i: number;
  readonly examples: number;
  /** Whether the gradient is dense: several positions share the weight. */
  readonly shared: boolean;
  readonly arrivingA: number;
  readonly arrivingG: number;
}

function works(sizes: Sizes, { rank, truncation, refreshEvery }: Choices): { A: SideWork; G: SideWork } {
  const { o, i, examples, shared, arrivingA, arrivingG } = sizes;
  const side = (dimension: number, arriving: number, other: number): SideWork => ({
    dimension,
    arriving,
    columns: Math.min(arriving, rank ?? arriving),
    vectors: shared ? other : Math.min(other, examples),
    refreshEvery,
    truncation,
  });
  return { A: side(i, arrivingA, o), G: side(o, arrivingG, i) };
}

/** One row of the plan, for one column an example (any reduction but those that keep positions). */
export function planSkfac(block: Block, batch: number, choices: Choices): BlockPlan {
  const [o, i] = block.shape as [number, number];
  const shared = (block.shapes?.[0]?.length ?? 2) > 2;
  const work = works({ o, i, examples: batch, shared, arrivingA: batch, arrivingG: batch }, choices);
  const sides = Object.entries(work).map(([name, side]) => {
    const form = cheaperForm(side);
    const { dimension: d, columns: c } = side;
    if (form === "primal") return { text: `${name} ${d} × ${d}`, flops: primalFlops(side), numbers: 2 * d ** 2 };
    return { text: `${name} ${c} columns of ${d}`, flops: dualFlops(side), numbers: 2 * c * d + c ** 2 };
  });
  return {
    form: sides.map(({ text }) => text).join(" · "),
    flops: Math.round(sides.reduce((total, { flops }) => total + flops, 0)),
    bytes: 4 * sides.reduce((total, { numbers }) => total + numbers, 0),
    precision: "float32, small systems in float64 where the device has it",
  };
}
