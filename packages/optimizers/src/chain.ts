/** Transforms one after the other, as one transform. */

import type { Parameters } from "@kronograd/autograd";
import { UsageError } from "@kronograd/tensor";
import type { StateTree } from "./state/state.ts";
import type { Needs, StepContext, Transform } from "./transform.ts";

/**
 * Compose transforms from left to right. Where two links report a number by one name, the later says which link it is.
 *
 * @throws {UsageError} a link that sets the length of its own step is not the last; on update, a state that was saved by a
 *   chain of another length
 * @example
 * chain(precondition(kfacCurvature()), klClip(1e-3), momentum({ decay: 0.9 }));
 */
export function chain(...transforms: readonly Transform[]): Transform<readonly StateTree[]> {
  const name = transforms.map((transform) => transform.name).join(" → ");
  const early = transforms.findIndex((transform, i) => transform.ownStep && i < transforms.length - 1);
  if (early >= 0) {
    throw new UsageError({
      where: name,
      problem: `"${transforms[early]?.name}" sets the length of its own step and must be the last link`,
    });
  }
  return {
    name,
    links: transforms,
    ownStep: transforms.at(-1)?.ownStep === true,
    needs: (step) => transforms.map((transform) => transform.needs?.(step) ?? {}).reduce(joinNeeds, {}),
    init: () => transforms.map(() => null),
    update(updates, state, context) {
      if (state.length !== transforms.length) {
        throw new UsageError({
          where: name,
          problem: "the state was saved by another chain",
          expected: `${transforms.length} states`,
          got: state.length,
        });
      }
      let current = updates;
      const first: Record<string, number> = {}; // the link that reported a name first
      const next = transforms.map((transform, i) => {
        const report: StepContext["report"] = (label, value) => {
          first[label] ??= i;
          context.report(first[label] === i ? label : `${label} (link ${i + 1})`, value);
        };
        const own = state[i] ?? transform.init(current, context);
        const result = transform.update(current, own, { ...context, report });
        current = result.updates;
        return result.state;
      });
      return { updates: current, state: next };
    },
    evaluationWeights: (parameters, state) =>
      transforms.reduce(
        (weights: Parameters, transform, i) => transform.evaluationWeights?.(weights, state[i] as StateTree) ?? weights,
        parameters,
      ),
    inspect: (state) =>
      Object.assign({}, ...transforms.map((transform, i) => transform.inspect?.(state[i] as StateTree) ?? {})),
  };
}

/**
 * Both requests in one. Output gradients that say nothing of positions are wanted by position.
 *
 * @throws {UsageError} two label sources, or the bias both joint and separate
 */
export function joinNeeds(a: Needs, b: Needs): Needs {
  const joined: Record<string, unknown> = { ...a };
  for (const [name, wanted] of Object.entries(b.outputGrads ? { positions: true, ...b } : b)) {
    const present = joined[name] ?? wanted;
    if (present === wanted) joined[name] = wanted;
    else if (name === "oracles") joined[name] = [...new Set([...(a.oracles ?? []), ...(b.oracles ?? [])])];
    else if (name === "gradient") joined[name] = "factored";
    else if (typeof wanted === "boolean") joined[name] = true;
    else {
      const what = name === "outputGrads" ? "labels" : name;
      const problem = `two methods want different ${what} on the same step`;
      throw new UsageError({ where: "chain", problem, got: [present, wanted] });
    }
  }
  return joined;
}
