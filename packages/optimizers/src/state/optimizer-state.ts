/** Operations on an optimizer's state from outside: keep it, load another, look into it. Apart, for programs that only train. */

import { copy, retain, scope } from "@kronograd/tensor";
import type { CurvatureView } from "../block-info.ts";
import type { Optimizer } from "../optimizer.ts";
import { disposeState, mapTensors, replaceState, type StateTree } from "./state.ts";

/** A state that was kept. */
export interface HeldState extends Disposable {
  /** Take the optimizer back to it; once. */
  restore(): void;
}

/**
 * Keep an optimizer's state as it is now, for a step that may turn out not to hold. Dispose of what is returned once it does.
 *
 * @example
 * using before = holdState(optimizer);
 * const directions = optimizer.update(gradients, { parameters, step });
 * if (!areFinite(directions)) before.restore();
 */
export function holdState(optimizer: Optimizer): HeldState {
  let kept = mapTensors(optimizer.state, retain);
  return {
    restore: () => {
      disposeState(optimizer.state);
      optimizer.state = kept;
      kept = null;
    },
    [Symbol.dispose]: () => {
      disposeState(kept);
      kept = null;
    },
  };
}

/** Give an optimizer a state that was read from a checkpoint, or null to forget its own; tensors are copied and stay the caller's. */
export function loadState(optimizer: Optimizer, state: StateTree): void {
  const own = scope(() => replaceState(null, mapTensors(state, copy)));
  optimizer[Symbol.dispose]();
  optimizer.state = own;
}

/**
 * Matrices and spectra of an optimizer's curvature, by block; none before the first step. What is computed for it belongs to
 * the caller's scope, the rest to the optimizer.
 */
export function inspectState({ chain, state }: Optimizer): Readonly<Record<string, CurvatureView>> {
  return state === null ? {} : scope(() => chain.inspect?.(state) ?? {});
}
