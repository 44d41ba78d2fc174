/** A function of the case's inputs with the gradients that its case asks for. */

import { vjp } from "@kronograd/autograd";
import type { Tensor } from "@kronograd/tensor";
import { isArray } from "./fixture.ts";
import type { CaseRun, Results } from "./handler.ts";

/** The case's tensors by name, but for the cotangent `dout`. */
export function namedInputs(run: CaseRun): Record<string, Tensor> {
  const names = Object.keys(run.case.inputs).filter((name) => name !== "dout" && isArray(run.case.inputs[name]));
  return Object.fromEntries(names.map((name) => [name, run.input(name)]));
}

/** `y = f(inputs)` and `d<name>` for each of them, pulled back from the cotangent `dout`. */
export function withGradients(run: CaseRun, inputs: Readonly<Record<string, Tensor>>, f: () => Tensor): Results {
  using pullback = vjp(f, inputs);
  const gradients = pullback.pull(run.input("dout"));
  return {
    y: pullback.value,
    ...Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [`d${name}`, gradient])),
  };
}
