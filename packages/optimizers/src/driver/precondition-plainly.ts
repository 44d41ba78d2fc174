/**
 * The smallest driver of a curvature method by block: whole batches in one process, statistics and refresh on the same steps,
 * layers without groups. For programs that count their bytes; `precondition` does the same and what it leaves out: a look at
 * whether statistics are finite, damping that is raised, groups of a convolution, parts of a batch, stagger, refinement.
 */

import { denseGradient, type Gradient } from "@kronograd/autograd";
import { scope, UsageError } from "@kronograd/tensor";
import type { CurvatureContext, CurvatureMethod } from "../curvature-method.ts";
import type { StateTree } from "../state/state.ts";
import type { Transform } from "../transform.ts";
import { needsOf } from "./drive.ts";
import type { Examples } from "./some-examples.ts";

/** Options of `preconditionPlainly`. */
export interface PlainOptions {
  /** λ; default 0.03. */
  readonly damping?: number;
  /** Steps from one look at a batch, with its refresh, to the next; default 1. */
  readonly every?: number;
  /** Examples of each batch that statistics are made of: `someExamples(32)`; default: all. */
  readonly examples?: Examples;
}

/** By block name. */
type States = { readonly [block: string]: StateTree };

/**
 * A curvature method by block as a member of a chain. Blocks without a record on their first look, and grouped convolutions,
 * keep their gradient.
 *
 * @throws {UsageError} (on update) a batch that comes in parts
 * @throws {NumericalError} (on update) a factor that cannot be inverted
 */
export function preconditionPlainly<S extends StateTree, B extends StateTree>(
  method: CurvatureMethod<S, B>,
  { damping = 0.03, every = 1, examples }: PlainOptions = {},
): Transform<States> {
  const { name: where, statistics } = method;
  return {
    name: where,
    needs: (step) => needsOf(method, step % every === 0),
    init: () => ({}),
    update(updates, states, context) {
      const own: CurvatureContext = { ...context, damping, sameRows: false };
      const next: Record<string, StateTree> = { ...states };
      const directionOf = (gradient: Gradient): Gradient => {
        const { block } = gradient;
        const [whole, more] = context.records.get(block.name) ?? [];
        if (more) throw new UsageError({ where, problem: "batch in parts" });
        const record = whole && examples ? examples(whole, Math.floor(own.step / every)) : whole;
        let state = next[block.name] as S | undefined;
        if (record && block.groups === 1 && own.step % every === 0) {
          state ??= method.init({ ...block, role: "hidden" }, own);
          const batch = statistics?.observe?.(record, own, state) as B;
          state = statistics?.join(state, { batch, gradient, examples: record.examples }, own) ?? state;
          next[block.name] = state = method.refresh?.(state, own) ?? state;
        }
        if (state === undefined) return gradient;
        const made = method.precondition(state, gradient, own);
        const direction = "direction" in made ? made.direction : made;
        return "block" in direction ? direction : denseGradient(block, direction);
      };
      return scope(() => ({
        updates: new Map([...updates].map(([name, gradient]) => [name, directionOf(gradient)])),
        state: next,
      }));
    },
  };
}
