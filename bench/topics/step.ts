/** Whole training steps: methods against our own SGD, and against other engines. */

import { type Case, compareAll } from "../compare.ts";
import { type CycleCost, measureCycle } from "../cycle.ts";
import { inSequence } from "../interleave.ts";
import type { Job, Method, Net } from "../job.ts";
import { judge, type Row } from "../row.ts";
import type { Run, Topic } from "./topic.ts";

const batch = 128;
const nets: readonly Net[] = ["mlp", "lenet", "vgg", "resnet20"];
const methods: readonly Method[] = ["adam", "kfac", "skfac", "skfac fresh", "skfac paper"];

export const step: Topic = {
  name: "step",
  about: "forward, backward and update at batch 128, in ms; ≤ is a multiple of the rival's time",
  async *rows(run) {
    for (const net of run.quick ? nets.slice(0, 2) : nets) {
      yield* compareAll("step", engines(net), { ...run, pace: inSequence(run.pace) });
      if (net === "lenet") yield* compareAll("step", [javaScript(run.quick ? 1 : 8)], run);
      for (const method of methods) if (run.wants(`${net}, ${method}`)) yield* costs(net, method, run);
    }
  },
};

function engines(net: Net): Case[] {
  const job = (method: Method): Job => ({ kind: "step", net, method, batch });
  const pytorch = (method: Method) => ({ contender: "pytorch", job: job(method), label: `pytorch ${method}` });
  return [
    { name: `${net}, sgd`, own: { contender: "own", job: job("sgd") }, rivals: [pytorch("sgd")] },
    {
      name: `${net}, sgd, revectorized`,
      own: { contender: "own, revectorized", job: job("sgd") },
      rivals: [pytorch("sgd")],
    },
    {
      name: `${net}, skfac fresh`,
      own: { contender: "own", job: { ...job("skfac fresh"), due: true } as Job },
      rivals: [pytorch("skfac d×d"), pytorch("skfac B×B")],
    },
  ];
}

/** The only other engine that trains a convolution in plain Node takes most of a second for each image. */
function javaScript(images: number): Case {
  const job: Job = { kind: "step", net: "lenet", method: "sgd", batch: images };
  return {
    name: `lenet, batch ${images}, sgd`,
    own: { contender: "own", job },
    rivals: [{ contender: "tfjs-cpu", job, label: "tfjs-cpu sgd" }],
  };
}

/** A method beside our own SGD, then its time by phase. */
async function* costs(net: Net, method: Method, run: Run): AsyncGenerator<Row> {
  const named = { topic: "step", case: `${net}, ${method}`, rivalName: "own sgd", unit: "ms", cost: true };
  const cost = await measureCycle(net, method, batch, run);
  if (typeof cost === "string") {
    yield judge({ ...named, note: cost });
    return;
  }
  yield judge({ ...named, ours: cost.ms, rival: cost.sgd, ratio: 1 / cost.ratio, p90: 1 / cost.best });
  yield* byPhase(named, cost);
}

function* byPhase(
  named: { topic: string; case: string; unit: string },
  { phases, sgdPhases }: CycleCost,
): Generator<Row> {
  for (const [phase, ms] of Object.entries(phases)) {
    const sgd = sgdPhases[phase];
    yield judge({
      ...named,
      case: `${named.case}: ${phase}`,
      rivalName: "own sgd, same phase",
      ours: ms,
      ...(sgd === undefined ? {} : { rival: sgd, ratio: sgd / ms, cost: true }),
    });
  }
}
