/** Transforms one after the other, as one transform. */

import type { CaptureRequest, LabelSource } from "@kronograd/autograd";
import { UsageError } from "@kronograd/tensor";
import type { StateTree } from "./state.ts";
import type { Oracles, Transform } from "./transform.ts";

/** What a step captures, and the oracles it needs. */
export type Needs = CaptureRequest & { readonly oracles?: readonly (keyof Oracles)[] };

/**
 * Compose transforms from left to right.
 *
 * @example
 * chain(precondition(kfacCurvature()), klClip(1e-3), momentum(0.9));
 */
export function chain(...transforms: readonly Transform[]): Transform<readonly StateTree[]> {
  return {
    name: transforms.map((transform) => transform.name).join(" → "),
    needs: (step) => transforms.map((transform) => transform.needs?.(step) ?? {}).reduce(joinNeeds, {}),
    init: () => transforms.map(() => null),
    update(updates, state, context) {
      let current = updates;
      const next = transforms.map((transform, i) => {
        const own = state[i] ?? transform.init(current, context);
        const result = transform.update(current, own, context);
        current = result.updates;
        return result.state;
      });
      return { updates: current, state: next };
    },
    plan: (block, batch) => transforms.map((transform) => transform.plan?.(block, batch) ?? null).find((row) => row !== null) ?? null,
  };
}

/** Both requests in one. @throws {UsageError} two different label sources */
export function joinNeeds(a: Needs, b: Needs): Needs {
  const { outputGrads: left } = a;
  const { outputGrads: right } = b;
  if (left !== undefined && right !== undefined && left !== right) {
    throw new UsageError({ where: "chain", problem: "two methods want different labels on the same step", got: [left, right] });
  }
  const labels: LabelSource | undefined = left ?? right;
  const factored = a.gradient === "factored" || b.gradient === "factored";
  return {
    ...(a.layers === true || b.layers === true ? { layers: true } : {}),
    ...(a.inputs === true || b.inputs === true ? { inputs: true } : {}),
    ...(labels === undefined ? {} : { outputGrads: labels }),
    ...(factored ? { gradient: "factored" as const } : a.gradient !== undefined || b.gradient !== undefined ? { gradient: "dense" as const } : {}),
    ...(a.oracles !== undefined || b.oracles !== undefined ? { oracles: [...new Set([...(a.oracles ?? []), ...(b.oracles ?? [])])] } : {}),
  };
}
