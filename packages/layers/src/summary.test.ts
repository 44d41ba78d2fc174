import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { ready } from "../testing/index.ts";
import { relu } from "./layers/activations.ts";
import { BatchNorm } from "./layers/batch-norm.ts";
import { Conv2d } from "./layers/conv2d.ts";
import { Dense } from "./layers/dense.ts";
import { Embedding } from "./layers/embedding.ts";
import { maxPool2d } from "./layers/pooling.ts";
import { flatten } from "./layers/reshaping.ts";
import { model } from "./model.ts";
import { Sequential } from "./sequential.ts";
import { summary } from "./summary.ts";

describe("summary", () => {
  it("lists layers, shapes, parameters and what curvature sees", () => {
    const layers = [
      new Conv2d({ in: 2, out: 4, kernel: 3, groups: 2 }),
      new BatchNorm({ features: 4 }),
      relu(),
      maxPool2d(2),
      flatten(),
      new Sequential([new Dense({ in: 36, out: 10 })]),
    ];
    const { text, parameters } = summary(new Sequential(layers, { rng: new Rng(0) }), [2, 8, 8]);
    expect(parameters).toBe(418);
    expect(`\n${text}\n`).toMatchInlineSnapshot(`
      "
      layer          kind     output        parameters  curvature
      conv1          conv     [N, 4, 6, 6]          40  kfac block 2 × [2, 10]
      norm1          norm     [N, 4, 6, 6]           8  plain gradient
      relu1          relu     [N, 4, 6, 6]
      pool1          pool     [N, 4, 3, 3]
      flatten1       flatten  [N, 36]
      block1.dense1  dense    [N, 10]              370  kfac block [10, 37]
      418 parameters
      "
    `);
  });

  it("counts a shared weight once, and says where a layer is not reached", () => {
    const table = new Embedding({ count: 5, features: 3 });
    const net = model({ table, out: new Dense({ in: 3, out: 5, weight: table }), idle: relu() }, (x, { table, out }) =>
      out(table(x)),
    );
    const { rows } = summary(ready(net), [7], { dtype: "int32" });
    expect(rows).toEqual([
      { name: "table", kind: "embedding", output: [7, 3], parameters: 15, curvature: "plain gradient" },
      { name: "out", kind: "dense", output: [7, 5], parameters: 5, curvature: "kfac block [5, 4]" },
      { name: "idle", kind: "relu", output: null, parameters: 0, curvature: "" },
    ]);
  });
});
