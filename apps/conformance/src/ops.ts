/** `ops.json`: single ops and losses, each with its value and its gradients. */

import {
  attention,
  BatchNorm,
  binaryCrossEntropyWithLogits,
  initialize,
  meanSquaredError,
  softmaxCrossEntropy,
} from "@kronograd/layers";
import {
  add,
  adopt,
  avgPool2d,
  div,
  elu,
  exp,
  gather,
  gelu,
  geluTanh,
  globalAvgPool2d,
  groupNorm,
  layerNorm,
  leakyRelu,
  linear,
  log,
  logSoftmax,
  logSumExp,
  matmul,
  maxPool2d,
  mean,
  mul,
  permute,
  Rng,
  relu,
  retain,
  sigmoid,
  silu,
  softmax,
  softplus,
  sqrt,
  type Tensor,
  tanh,
  write,
} from "@kronograd/tensor";
import { isArray } from "./fixture.ts";
import { namedInputs, withGradients } from "./gradients.ts";
import type { CaseRun, Handler } from "./handler.ts";

/** What an op computes from its case's float inputs, by name. */
type Forward = (inputs: Readonly<Record<string, Tensor>>, run: CaseRun) => Tensor;

const unary =
  (f: (x: Tensor) => Tensor): Forward =>
  ({ x }) =>
    f(x!);
const binary =
  (f: (a: Tensor, b: Tensor) => Tensor): Forward =>
  ({ a, b }) =>
    f(a!, b!);

const window = (run: CaseRun) => ({
  kernel: run.pair("kernel"),
  stride: run.pair("stride", run.pair("kernel")),
  padding: run.pair("padding", [0, 0]),
});
const reduction = (run: CaseRun): "mean" | "sum" => (run.text("reduction", "mean").startsWith("sum") ? "sum" : "mean");

/** A parameter that is a tensor, such as a regression target. */
function parameterTensor(run: CaseRun, name: string): Tensor {
  const value = run.case.params[name];
  if (!isArray(value)) throw run.lacks(`parameter "${name}"`, "a tensor", value);
  return run.tensor(value);
}

const forwards: Readonly<Record<string, Forward>> = {
  maxpool2d: ({ x }, run) => maxPool2d(x!, window(run)),
  avgpool2d: ({ x }, run) => avgPool2d(x!, { ...window(run), countIncludePad: run.flag("count_include_pad", true) }),
  global_avgpool2d: unary(globalAvgPool2d),
  layernorm: ({ x, gamma, beta }, run) => layerNorm(x!, gamma!, beta!, run.number("eps", 1e-5)),
  groupnorm: ({ x, gamma, beta }, run) => groupNorm(x!, gamma!, beta!, run.number("groups"), run.number("eps", 1e-5)),
  relu: unary(relu),
  leaky_relu: ({ x }, run) => leakyRelu(x!, { slope: run.number("slope", 0.01) }),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid),
  softplus: unary(softplus),
  silu: unary(silu),
  gelu: unary(gelu),
  gelu_tanh: unary(geluTanh),
  elu: ({ x }, run) => elu(x!, { alpha: run.number("alpha", 1) }),
  exp: unary(exp),
  log: unary(log),
  sqrt: unary(sqrt),
  softmax: ({ x }, run) => softmax(x!, run.number("axis", -1)),
  log_softmax: ({ x }, run) => logSoftmax(x!, run.number("axis", -1)),
  logsumexp: ({ x }, run) => logSumExp(x!, run.number("axis", -1)),
  matmul: binary(matmul),
  add: binary(add),
  mul: binary(mul),
  div: binary(div),
  linear: ({ x, w, b }) => linear(x!, w!, b ?? null),
  mean: ({ x }, run) => mean(x!, "axes" in run.case.params ? run.list("axes") : undefined),
  permute: ({ x }, run) => permute(x!, run.list("perm")),
  cross_entropy: ({ x }, run) =>
    softmaxCrossEntropy({ reduction: reduction(run), labelSmoothing: run.number("label_smoothing", 0) }).value(
      x!,
      run.indices(run.case.params.labels),
    ),
  mse: ({ x }, run) => meanSquaredError({ reduction: reduction(run) }).value(x!, parameterTensor(run, "target")),
  bce_with_logits: ({ x }, run) =>
    binaryCrossEntropyWithLogits({ reduction: reduction(run) }).value(x!, parameterTensor(run, "target")),
  embedding: ({ w }, run) => gather(w!, run.indices(run.case.params.indices, "indices")),
  attention: ({ q, k, v }, run) =>
    attention(q!, k!, v!, {
      causal: run.flag("causal", false),
      ...("scale" in run.case.params ? { scale: run.number("scale") } : {}),
    }),
};

/** Batch norm keeps running statistics, so it is the layer that runs. */
const batchnorm: Handler = async (run) => {
  const training = run.flag("training");
  const { x, gamma, beta, ...running } = namedInputs(run);
  const features = x!.shape[1]!;
  const layer = new BatchNorm({ features, momentum: run.number("momentum", 0.1), epsilon: run.number("eps", 1e-5) });
  initialize(layer, { ...run.placement, rng: new Rng(0) });
  const own = layer.parameters();
  const { runningMean, runningVariance } = layer.buffers();
  const start = training
    ? running
    : { running_mean: parameterTensor(run, "running_mean"), running_var: parameterTensor(run, "running_var") };
  await copyInto(own.gamma, gamma!);
  await copyInto(own.beta, beta!);
  if (start.running_mean !== undefined) await copyInto(runningMean, start.running_mean);
  if (start.running_var !== undefined) await copyInto(runningVariance, start.running_var);
  const next = new Map<Tensor, Tensor>();
  const results = withGradients(run, { x: x!, gamma: own.gamma, beta: own.beta }, () =>
    layer.forward(x!, { training, commit: (buffer, value) => void next.set(buffer, retain(value)) }),
  );
  for (const value of next.values()) adopt(value); // kept beyond the pass
  return { ...results, running_mean: () => next.get(runningMean)!, running_var: () => next.get(runningVariance)! };
};

/** Fill a parameter or buffer with another tensor's values. */
async function copyInto(target: Tensor, source: Tensor): Promise<void> {
  write(target, await source.data());
}

export const opsHandlers: Readonly<Record<string, Handler>> = {
  ...Object.fromEntries(
    Object.entries(forwards).map(([op, forward]): [string, Handler] => [
      op,
      (run) => {
        const inputs = namedInputs(run);
        return withGradients(run, inputs, () => forward(inputs, run));
      },
    ]),
  ),
  batchnorm,
};
