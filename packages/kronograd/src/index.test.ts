import * as data from "@kronograd/data";
import * as layers from "@kronograd/layers";
import * as optimizers from "@kronograd/optimizers";
import * as tensorPackage from "@kronograd/tensor";
import * as train from "@kronograd/train";
import { describe, expect, it } from "vitest";
import * as kronograd from "./index.ts";

const everything = kronograd as Record<string, unknown>;

describe("kronograd", () => {
  it("exports every name of its packages, the layer's where a layer and an op share one", () => {
    for (const part of [layers, data, optimizers, train] as Record<string, unknown>[]) {
      for (const [name, value] of Object.entries(part)) expect(everything[name], name).toBe(value);
    }
    for (const name of Object.keys(tensorPackage)) expect(everything[name], name).toBeDefined();
  });

  it("loads the wasm backend when a device is wanted, and opens others by name", async () => {
    expect((await kronograd.createDevice("cpu")).kind).toBe("cpu");
    const { kind, why } = await kronograd.createDevice(); // "wasm", unless this machine has a GPU and its package
    const order = ["webgpu", "gpujs", "wasm"];
    expect(why.map((line) => line.replace(/,.*/, ""))).toEqual([
      ...order.slice(0, order.indexOf(kind)).map((name) => `${name}: passed over`),
      `${kind}: chosen`,
    ]);
    await expect(kronograd.createDevice("wsm")).rejects.toThrow(/Did you mean "wasm"/);
  });

  it("keeps the ops that a layer shadows under `ops`", () => {
    expect(kronograd.ops.relu(kronograd.tensor([-1, 2])).dataSync()).toEqual(new Float32Array([0, 2]));
    expect(
      kronograd
        .relu()
        .forward(kronograd.tensor([-1, 2]), { training: false })
        .dataSync(),
    ).toEqual(new Float32Array([0, 2]));
  });

  it("trains a small convolutional net by the code of the README", async () => {
    const {
      batchOrder,
      Conv2d,
      Dense,
      defineDataset,
      fit,
      flatten,
      maxPool2d,
      relu,
      Rng,
      Sequential,
      sgd,
      softmaxCrossEntropy,
    } = kronograd;
    expect(batchOrder).toBeTypeOf("function");
    const rng = new Rng(0);
    const images = (count: number, stream: kronograd.Rng) => {
      const inputs = new Float32Array(count * 64);
      const targets = new Int32Array(count);
      for (let n = 0; n < count; n++) {
        const label = stream.integer(2);
        targets[n] = label; // a bright row at the top or at the bottom
        for (let i = 0; i < 64; i++)
          inputs[n * 64 + i] = 0.1 * stream.normal() + (Math.floor(i / 8) === (label === 0 ? 1 : 6) ? 1 : 0);
      }
      return { inputs, targets };
    };
    const data = defineDataset({
      name: "rows",
      task: "classification",
      classes: 2,
      inputShape: [1, 8, 8],
      source: "made here",
      train: images(128, rng.fork("train")),
      test: images(64, rng.fork("test")),
    });
    const model = new Sequential(
      [new Conv2d({ in: 1, out: 4, kernel: 3 }), relu(), maxPool2d(2), flatten(), new Dense({ in: 36, out: 2 })],
      { rng },
    );
    const accuracies: number[] = [];
    for await (const event of fit({
      model,
      loss: softmaxCrossEntropy(),
      data,
      optimizer: sgd({ learningRate: 0.3 }),
      batch: 32,
      epochs: 5,
      rng,
    })) {
      if (event.type === "eval") accuracies.push(event.metrics.accuracy as number);
    }
    expect(accuracies.at(-1)).toBeGreaterThan(0.95);
  });
});
