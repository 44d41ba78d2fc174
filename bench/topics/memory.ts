/** What thousands of steps leave behind, and what one needs at its peak. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Device } from "@kronograd/tensor";
import { optimizerFor, periodOf, Trainer } from "../contenders/nets.ts";
import type { Method, Net } from "../job.ts";
import { judge, judgeLimit, type Row } from "../row.ts";
import type { Run, Topic } from "./topic.ts";

const leavers: readonly Method[] = ["sgd", "adam", "kfac", "skfac", "skfac fresh"];
const nets: readonly Net[] = ["mlp", "lenet", "vgg", "resnet20"];
const compared: readonly Method[] = ["kfac", "skfac", "skfac fresh", "skfac paper"];

export const memory: Topic = {
  name: "memory",
  about: "after thousands of steps of a dense net (64-64-10, batch 16); peak of a step at batch 128 against SGD's",
  async *rows(run) {
    for (const method of leavers) if (run.wants(`${method}, steps`)) yield* leftBehind(method, run);
    const device = await run.openDevice();
    for (const net of run.quick ? nets.slice(0, 2) : nets) {
      const sgd = peakOf(net, "sgd", device);
      for (const method of compared) if (run.wants(`${net}, ${method}: peak`)) yield peakRow(net, method, sgd, device);
    }
    device.backend.dispose?.();
  },
};

async function* leftBehind(method: Method, run: Run): AsyncGenerator<Row> {
  const steps = run.quick ? 500 : 10_000;
  const first = run.quick ? 100 : 1000; // running averages fill up, memory is touched, code is compiled
  const device = await run.openDevice();
  const trainer = new Trainer("wide 64", optimizerOf(method), 16, device);
  for (let i = 0; i < first; i++) trainer.step(i);
  const before = snapshot(device);
  for (let i = first; i < first + steps; i++) trainer.step(i);
  const after = snapshot(device);
  trainer[Symbol.dispose]();
  device.backend.dispose?.();
  const named = (what: string, unit: string) => ({ topic: "memory", case: `${method}, ${steps} steps: ${what}`, unit });
  yield judgeLimit({ ...named("tensors above baseline", ""), ours: after.tensors - before.tensors });
  yield judgeLimit({ ...named("bytes above baseline", "B"), ours: after.bytes - before.bytes });
  yield judgeLimit({ ...named("resident growth", "MiB"), ours: (after.resident - before.resident) / 2 ** 20 });
}

/** What is held now. The engine keeps room for garbage, and takes more of it as it likes: that is left out. */
function snapshot(device: Device) {
  collectGarbage();
  const { tensors, bytes } = device.memory;
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return { tensors, bytes, resident: rss - (heapTotal - heapUsed) };
}

/** An engine offers it only when asked: at its start, or so. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

function peakRow(net: Net, method: Method, sgd: number, device: Device): Row {
  const ours = peakOf(net, method, device);
  const named = { topic: "memory", case: `${net}, ${method}: peak`, rivalName: "own sgd", unit: "MiB", cost: true };
  return judge({ ...named, ours: ours / 2 ** 20, rival: sgd / 2 ** 20, ratio: sgd / ours });
}

/** Most bytes held at once, weights and batch included, over steps of both kinds. */
function peakOf(net: Net, method: Method, device: Device): number {
  const before = device.memory.bytes;
  const optimizer = optimizerOf(method);
  const trainer = new Trainer(net, optimizer, 128, device);
  const period = periodOf(optimizer);
  device.memory.peakBytes = device.memory.bytes;
  for (const number of [0, 1, period, period + 1]) trainer.step(number);
  trainer[Symbol.dispose]();
  return device.memory.peakBytes - before;
}

function optimizerOf(method: Method) {
  const optimizer = optimizerFor(method);
  if (optimizer === null) throw new Error(`this project has no ${method}`);
  return optimizer;
}
