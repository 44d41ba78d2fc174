import { catalog, type Optimizer } from "@kronograd/optimizers";
import { copy, retain, scale, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { type MakeOptimizer, optimizerStatements } from "./checks.ts";
import { optimizerSuite } from "./suite.ts";

for (const [name, { make, options }] of Object.entries(catalog)) {
  optimizerSuite(name, (given = {}) => make(given), {
    linear: !("klClip" in options),
    decays: options.weightDecay?.default !== 0,
  });
}

/** The statements that an optimizer fails. */
const failed = (make: MakeOptimizer): string[] =>
  optimizerStatements.flatMap(({ says, check }) => {
    try {
      check(make);
      return [];
    } catch {
      return [says];
    }
  });

/** An optimizer of the catalog with one method changed. */
function changed(name: string, change: (optimizer: Optimizer) => void): MakeOptimizer {
  return (options = {}) => {
    const optimizer = catalog[name]!.make(options);
    change(optimizer);
    return optimizer;
  };
}

describe("optimizerStatements", () => {
  it("see steps uphill", () => {
    const uphill = changed("sgd", (optimizer) => {
      const { apply } = optimizer;
      optimizer.apply = (parameters, updates, t) =>
        apply.call(
          optimizer,
          parameters,
          new Map(
            [...updates].map(([name, u]) => [name, { ...u, parts: () => u.parts().map((p: Tensor) => scale(p, -1)) }]),
          ),
          t,
        );
    });
    expect(failed(uphill)).toEqual(expect.arrayContaining(["lowers the loss of a small net", "trains a convolution"]));
  });

  it("see a state that is not loaded", () => {
    const forgetful = changed("adam", (optimizer) => {
      const { update } = optimizer;
      let isFirst = true;
      optimizer.update = (...step) => {
        if (isFirst) optimizer[Symbol.dispose]();
        isFirst = false;
        return update.apply(optimizer, step);
      };
    });
    expect(failed(forgetful)).toEqual(["continues from a saved state bit for bit"]);
  });

  it("see a leak", () => {
    const leaky = changed("adam", (optimizer) => {
      const { update } = optimizer;
      optimizer.update = (gradients, options) => {
        retain(copy(Object.values(options.parameters)[0]!));
        return update.call(optimizer, gradients, options);
      };
    });
    expect(failed(leaky)).toEqual([
      "holds no more memory after many steps than before, and none when it is disposed of",
    ]);
  });
});
