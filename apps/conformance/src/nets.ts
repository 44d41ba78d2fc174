/** `nets.json`: whole nets, with what each layer sees forward and backward. */

import { valueAndGrad } from "@kronograd/autograd";
import { softmaxCrossEntropy } from "@kronograd/layers";
import { scale, type Tensor } from "@kronograd/tensor";
import type { Handler, Results } from "./handler.ts";
import { netOf } from "./net.ts";

const net: Handler = async (run) => {
  const { parameters, forward } = await netOf(run, run.case);
  const [x, targets, loss] = [run.input("x"), run.indices(run.case.params.labels), softmaxCrossEntropy()];
  const capture = { inputs: true, outputGrads: "empirical" } as const;
  const seen = valueAndGrad({ outputs: () => forward(x), loss, targets }, parameters, { capture });
  const logits = seen.outputs as Tensor;
  const perLayer = (f: (use: { input: Tensor; outputGrads: readonly Tensor[] }) => Tensor) => (): Results =>
    Object.fromEntries([...seen.records].map(([name, { uses }]) => [name, f(uses[0]!)]));
  return {
    logits,
    loss: seen.value,
    grads: () => gradientsByParameter(seen.gradients),
    layer_inputs: perLayer(({ input }) => input),
    // Records hold gradients of each sample's own loss; the fixture has those of the mean.
    layer_dout: perLayer(({ outputGrads }) => scale(outputGrads[0]!, 1 / logits.shape[0]!)),
  };
};

/** Each parameter's gradient, out of the blocks. */
function gradientsByParameter(gradients: ReturnType<typeof valueAndGrad>["gradients"]): Record<string, Tensor> {
  const entries = [...gradients.values()].flatMap((gradient) =>
    gradient.block.parameters.map((name, i) => [name, gradient.parts()[i]!] as const),
  );
  return Object.fromEntries(entries);
}

export const netHandlers: Readonly<Record<string, Handler>> = { net };
