/** `optim.json`: first-order optimizers on a small net. Parameters have PyTorch's names and meaning. */

import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  nadam,
  type Optimizer,
  radam,
  rmsprop,
  sgd,
} from "@kronograd/optimizers";
import { DataError } from "@kronograd/tensor";
import { type CaseRun, type Handler, refuseOthers } from "./handler.ts";
import { denseNet } from "./net.ts";
import { trajectory } from "./training.ts";

/** An optimizer from a case's parameters, and which of them it understands beside lr and weight_decay. */
interface Translation {
  readonly known: readonly string[];
  make(run: CaseRun): Optimizer;
}

const common = (run: CaseRun) => ({ learningRate: run.number("lr"), weightDecay: run.number("weight_decay", 0) });

/** betas and eps as momentum, decay and epsilon. */
function moments(run: CaseRun) {
  const [momentum, decay] = run.list("betas", [0.9, 0.999]);
  return { ...common(run), momentum: momentum!, decay: decay!, epsilon: run.number("eps", 1e-8) };
}

const translations: Readonly<Record<string, Translation>> = {
  SGD: {
    known: ["momentum", "dampening", "nesterov"],
    make: (run) =>
      sgd({
        ...common(run),
        momentum: run.number("momentum", 0),
        dampening: run.number("dampening", 0),
        nesterov: run.flag("nesterov", false),
      }),
  },
  Adam: {
    known: ["betas", "eps", "amsgrad"],
    make: (run) => adam({ ...moments(run), amsgrad: run.flag("amsgrad", false) }),
  },
  AdamW: {
    known: ["betas", "eps", "amsgrad"],
    make: (run) =>
      adamW({ ...moments(run), weightDecay: run.number("weight_decay", 0.01), amsgrad: run.flag("amsgrad", false) }),
  },
  Adagrad: {
    known: ["lr_decay", "eps", "initial_accumulator_value"],
    make: (run) =>
      adagrad({
        ...common(run),
        rateDecay: run.number("lr_decay", 0),
        initial: run.number("initial_accumulator_value", 0),
        epsilon: run.number("eps", 1e-10),
      }),
  },
  Adadelta: {
    known: ["rho", "eps"],
    make: (run) => adadelta({ ...common(run), decay: run.number("rho", 0.9), epsilon: run.number("eps", 1e-6) }),
  },
  RMSprop: {
    known: ["momentum", "alpha", "eps", "centered"],
    make: (run) =>
      rmsprop({
        ...common(run),
        decay: run.number("alpha", 0.99),
        epsilon: run.number("eps", 1e-8),
        centered: run.flag("centered", false),
        momentum: run.number("momentum", 0),
      }),
  },
  Adamax: { known: ["betas", "eps"], make: (run) => adamax(moments(run)) },
  // The fixtures come from PyTorch 1.13, whose NAdam counts the warmed-up momentum twice.
  NAdam: {
    known: ["betas", "eps", "momentum_decay"],
    make: (run) =>
      nadam({ ...moments(run), momentumDecay: run.number("momentum_decay", 0.004), correction: "pytorch1" }),
  },
  RAdam: { known: ["betas", "eps"], make: (run) => radam(moments(run)) },
};

const optimizer: Handler = async (run) => {
  const name = run.text("optimizer");
  const translation = translations[name];
  if (translation === undefined)
    throw new DataError({
      where: run.case.name,
      problem: `unknown optimizer "${name}"`,
      expected: Object.keys(translations),
    });
  refuseOthers(run, run.case.params, ["optimizer", "lr", "weight_decay", "maximize", ...translation.known]);
  const data = run.neighbour("data case with parameters", ({ op, inputs }) => op === "data" && "params" in inputs);
  const act = data.params.act;
  return trajectory(run, {
    net: await denseNet(run, data.inputs.params, typeof act === "string" ? act : "identity"),
    optimizer: translation.make(run),
    ...run.dataOf(data),
    steps: (run.case.expected.losses as number[]).length,
    maximize: run.flag("maximize", false),
  });
};

export const optimHandlers: Readonly<Record<string, Handler>> = {
  optimizer,
  // Carries inputs for its neighbours: it passes when it can be read, which was checked before.
  data: () => ({}),
};
