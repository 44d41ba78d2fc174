/** How the time of curvature, a step's less SGD's, grows with width and with the batch. */

import { BackendError } from "@kronograd/tensor";
import { type CycleCost, measureCycle } from "../cycle.ts";
import type { Method, Net } from "../job.ts";
import { judge, judgeLimit, type Row } from "../row.ts";
import { growthExponent } from "../statistics.ts";
import type { Run, Topic } from "./topic.ts";

const widths = [256, 512, 1024, 2048, 4096, 8192] as const;
const batches = [32, 64, 128, 256, 512] as const;
/** Largest width by method: dense inverses of width 4096 take minutes. */
const methods: Readonly<Partial<Record<Method, number>>> = { skfac: 8192, "skfac fresh": 8192, kfac: 2048 };
/** Below, the batch's own systems are a large part. */
const growthFrom = 512;

export const scaling: Topic = {
  name: "scaling",
  about: "curvature's time in ms against our SGD step's: dense nets width-width-10 at batch 128; the mlp by batch",
  async *rows(run) {
    for (const [method, most] of Object.entries(methods) as [Method, number][]) {
      const tried = widths.filter((width) => width <= (run.quick ? Math.min(most, 1024) : most));
      yield* byWidth(method, tried, run);
      if (method === "kfac") continue;
      for (const batch of run.quick ? batches.slice(0, 3) : batches) {
        const name = `${method}, mlp, batch ${batch}`;
        if (run.wants(name)) yield rowOf(name, await measureCycle("mlp", method, batch, run));
      }
    }
  },
};

async function* byWidth(method: Method, tried: readonly number[], run: Run): AsyncGenerator<Row> {
  const points: [number, number][] = [];
  for (const width of tried) {
    const name = `${method}, width ${width}`;
    if (!run.wants(name)) continue;
    const cost = await costOf(`wide ${width}`, method, run);
    yield rowOf(name, cost);
    if (typeof cost !== "string" && width >= growthFrom) points.push([width, cost.extra]);
  }
  if (points.length < 2) return;
  const named = { topic: "scaling", case: `${method}: growth exponent`, unit: "" };
  if (points.every(([, extra]) => extra > 0)) yield judgeLimit({ ...named, ours: growthExponent(points) });
  else yield judge({ ...named, rivalName: "limit", note: "lost in noise: a difference was negative" });
}

/** The widest nets may not fit into the device's memory. */
async function costOf(net: Net, method: Method, run: Run): Promise<CycleCost | string> {
  try {
    return await measureCycle(net, method, 128, run);
  } catch (error) {
    if (error instanceof BackendError) return error.message;
    throw error;
  }
}

function rowOf(name: string, cost: CycleCost | string): Row {
  const named = { topic: "scaling", case: name, rivalName: "own sgd", unit: "ms", cost: true };
  if (typeof cost === "string") return judge({ ...named, note: cost });
  return judge({ ...named, ours: cost.extra, rival: cost.sgd, ratio: cost.sgd / cost.extra });
}
