import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openLoss, openModel, openOptimizer } from "@kronograd/experiment";
import { cpu, Rng, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../e2e/command.ts";
import { loadPlugIn } from "./plug-in.ts";
import { surroundings } from "./surroundings.ts";

const refusal = (message: RegExp) =>
  expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) });
const here = surroundings();
const shape = { steps: 100, schedule: "linear" } as const;

/** A file with this text, for as long as the test runs. */
function file(text: string): { path: string } & Disposable {
  const folder = temporaryFolder();
  const path = join(folder.path, "own.ts");
  writeFileSync(
    path,
    text.replaceAll(/"(@kronograd\/\w+)"/g, (_, name) => `"${import.meta.resolve(name)}"`),
  );
  return { path, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

describe("loadPlugIn", () => {
  it("gives the default export", async () => {
    using own = file("export default (x: number): number => x + 1;");
    expect(((await loadPlugIn(own.path, "a model")) as (x: number) => number)(2)).toBe(3);
  });

  it("throws UsageError for a file that is missing, broken, or exports no function", async () => {
    await expect(loadPlugIn("./nowhere.ts", "a model")).rejects.toThrow(refusal(/there is no such file/));
    using broken = file("export default (");
    await expect(loadPlugIn(broken.path, "a model")).rejects.toThrow(refusal(/cannot be loaded/));
    using none = file("export const a = 1;");
    await expect(loadPlugIn(none.path, "a model")).rejects.toThrow(refusal(/no function as its default export/));
  });
});

describe("an optimizer from a file", () => {
  it("may be an Optimizer, and gets its options as values", async () => {
    using own = file(`import { sgd } from "@kronograd/optimizers";
export default ({ learningRate = 1, momentum = 0 }) => sgd({ learningRate, momentum });`);
    const make = await openOptimizer(own.path, { momentum: "0.5" }, shape, here);
    expect(make().config).toMatchObject({ momentum: 0.5 });
    expect(make()).not.toBe(make());
  });

  it("may be a curvature method, which is put into the usual chain with the schedule of the race", async () => {
    using own = file(`import { kfacCurvature } from "@kronograd/optimizers";
export default ({ decay = 0.9 }) => ({ ...kfacCurvature({ decay }), name: "mine" });`);
    const optimizer = (await openOptimizer(own.path, { decay: 0.5, damping: "0.1", learningRate: 0.4 }, shape, here))();
    expect(optimizer.name).toBe("mine");
    expect(optimizer.config).toMatchObject({ damping: 0.1, learningRate: "linear(0.4, 0, 100)" });
    expect(optimizer.learningRateAt(50)).toBeCloseTo(0.2, 12);
  });

  it("that makes neither is refused", async () => {
    using own = file("export default () => 3;");
    await expect(openOptimizer(own.path, {}, shape, here)).rejects.toThrow(
      refusal(/neither an optimizer nor a curvature method/),
    );
  });
});

describe("a model from a file", () => {
  it("is told about the data", async () => {
    using own = file(`import { Dense, Sequential } from "@kronograd/layers";
export default ({ inputShape: [n], outputs, ...placement }) =>
  new Sequential([new Dense({ in: n, out: outputs })], placement);`);
    const make = await openModel(own.path, { name: "x", inputShape: [3], targetShape: [], classes: 4 }, here);
    const model = make({ rng: new Rng(0), device: cpu, dtype: "float64" });
    expect(Object.values(model.children?.() ?? {})[0]?.parameters?.().weight?.shape).toEqual([4, 3]);
  });
});

describe("a loss from a file", () => {
  const data = { name: "x", task: "regression" } as const;

  it("gets its options as values", async () => {
    using own = file(`import { huber } from "@kronograd/layers";
export default ({ delta }) => ({ ...huber({ delta }), name: "mine" });`);
    const loss = await openLoss(`${own.path}(delta=2)`, data, here);
    expect(loss.name).toBe("mine");
    expect(loss.value(tensor([[3]]), tensor([[0]])).itemSync()).toBe(2 * (3 - 1));
  });

  it("that makes none is refused", async () => {
    using own = file("export default () => 3;");
    await expect(openLoss(own.path, data, here)).rejects.toThrow(refusal(/does not make a loss/));
  });
});
