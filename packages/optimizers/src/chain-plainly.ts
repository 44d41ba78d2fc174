/** Transforms one after the other in few bytes: `chain` checks its links and its state, joins their needs, and more. */

import type { StateTree } from "./state/state.ts";
import type { Transform } from "./transform.ts";

/** Compose transforms from left to right, of which the first alone needs something of the steps. */
export function chainPlainly(...links: readonly Transform[]): Transform<readonly StateTree[]> {
  return {
    name: "chain",
    needs: (step) => links[0]?.needs?.(step) ?? {},
    init: () => links.map(() => null),
    update(updates, states, context) {
      let current = updates;
      const state = links.map((link, i) => {
        const made = link.update(current, states[i] ?? link.init(current, context), context);
        current = made.updates;
        return made.state;
      });
      return { updates: current, state };
    },
  };
}
