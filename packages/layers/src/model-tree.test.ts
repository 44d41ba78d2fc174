import { cpu, ones, Rng, scope, type Tensor, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { ready } from "../testing/index.ts";
import { relu } from "./layers/activations.ts";
import { BatchNorm } from "./layers/batch-norm.ts";
import { Dense } from "./layers/dense.ts";
import { Embedding } from "./layers/embedding.ts";
import {
  buffers,
  countParameters,
  disposeModel,
  initialize,
  layersOf,
  noDecay,
  parameterRoles,
  parameters,
} from "./model-tree.ts";
import { Sequential } from "./sequential.ts";

const nested = () =>
  new Sequential([
    new Dense({ in: 2, out: 3 }),
    new Sequential([new BatchNorm({ features: 3 }), relu(), new Dense({ in: 3, out: 1, bias: false })]),
  ]);

describe("layersOf", () => {
  it("gives full names, parents first", () => {
    const names = [...layersOf(nested())].map(([name]) => name);
    expect(names).toEqual(["block", "dense1", "block1", "block1.norm1", "block1.relu1", "block1.dense1"]);
  });

  it("gives a layer in two places once, and calls a lone layer by its kind", () => {
    const shared = new Dense({ in: 2, out: 2 });
    expect([...layersOf(new Sequential({ first: shared, second: shared }))].map(([name]) => name)).toEqual([
      "block",
      "first",
    ]);
    expect([...layersOf(shared)].map(([name]) => name)).toEqual(["dense"]);
  });
});

describe("initialize", () => {
  it("tells every layer its full name", () => {
    const inner = new Dense({ in: 1, out: 1 });
    ready(new Sequential({ body: new Sequential([inner]) }));
    expect(inner.name).toBe("body.dense1");
  });

  it("draws by name: neither neighbours nor the state of the stream matter", () => {
    const draw = (model: Sequential, rng: Rng) => {
      initialize(model, { rng });
      return parameters(model)["dense1.weight"]?.dataSync();
    };
    const small = draw(new Sequential([new Dense({ in: 2, out: 2 })]), new Rng(5));
    const large = draw(
      new Sequential([relu(), new Dense({ in: 2, out: 2 }), new Dense({ in: 2, out: 2 })]),
      new Rng(5),
    );
    expect(small).toEqual(large);
  });

  it("gives layers of one model different values", () => {
    const own = parameters(ready(new Sequential([new Dense({ in: 2, out: 2 }), new Dense({ in: 2, out: 2 })])));
    expect(own["dense1.weight"]?.dataSync()).not.toEqual(own["dense2.weight"]?.dataSync());
  });

  it("keeps parameters that exist, so that a part can be trained before it is built in", () => {
    const part = ready(new Sequential([new Dense({ in: 1, out: 1 })]));
    const [before] = Object.values(parameters(part));
    const whole = ready(new Sequential({ part }));
    expect(parameters(whole)["part.dense1.weight"]).toBe(before);
  });

  it("puts parameters and buffers where it is told", () => {
    const model = nested();
    initialize(model, { rng: new Rng(0), device: cpu, dtype: "float64" });
    const all = [...Object.values(parameters(model)), ...Object.values(buffers(model))];
    expect(new Set(all.map((t) => t.dtype))).toEqual(new Set(["float64"]));
  });

  it("wants rng beside device and dtype", () => {
    expect(() => new Sequential([], { dtype: "float64" })).toThrow(UsageError);
  });
});

describe("parameters", () => {
  it("lists them by full name in the order of the layers", () => {
    expect(Object.keys(parameters(ready(nested())))).toEqual([
      "dense1.weight",
      "dense1.bias",
      "block1.norm1.gamma",
      "block1.norm1.beta",
      "block1.dense1.weight",
    ]);
  });

  it("names a lone layer's by its kind", () => {
    expect(Object.keys(parameters(ready(new Dense({ in: 1, out: 1 }))))).toEqual(["dense.weight", "dense.bias"]);
  });

  it("refuses a model that is not initialized", () => {
    expect(() => parameters(nested())).toThrow(UsageError);
  });
});

describe("a layer of one's own", () => {
  it("may not call its parameters or children by whole numbers, whose order JavaScript changes", () => {
    const own = { kind: "own", forward: (x: Tensor) => x, parameters: () => ({ scale: ones([1]), 0: ones([1]) }) };
    expect(() => parameters(own)).toThrow('a tensor is called "0"');
    expect(() => parameters({ ...own, parameters: () => ({}), children: () => ({ b: own, 7: own }) })).toThrow(
      'a layer is called "7"',
    );
  });
});

describe("buffers", () => {
  it("lists running statistics", () => {
    expect(Object.keys(buffers(ready(nested())))).toEqual(["block1.norm1.runningMean", "block1.norm1.runningVariance"]);
  });
});

describe("parameterRoles", () => {
  it("tells weights, biases, norms and embeddings apart", () => {
    expect(parameterRoles(ready(nested()))).toEqual({
      "dense1.weight": "weight",
      "dense1.bias": "bias",
      "block1.norm1.gamma": "norm",
      "block1.norm1.beta": "norm",
      "block1.dense1.weight": "weight",
    });
    expect(parameterRoles(ready(new Embedding({ count: 2, features: 2 })))).toEqual({
      "embedding.weight": "embedding",
    });
  });
});

describe("noDecay", () => {
  it("spares biases and norms", () => {
    const model = ready(nested());
    expect(Object.keys(parameters(model)).filter(noDecay(model))).toEqual([
      "dense1.bias",
      "block1.norm1.gamma",
      "block1.norm1.beta",
    ]);
  });
});

describe("countParameters", () => {
  it("counts numbers, shared ones once", () => {
    expect(countParameters(ready(nested()))).toBe(6 + 3 + 3 + 3 + 3);
    const tied = new Dense({ in: 2, out: 2 });
    expect(countParameters(ready(new Sequential([tied, new Dense({ in: 2, out: 2, weight: tied })])))).toBe(4 + 2 + 2);
  });
});

describe("disposeModel", () => {
  it("leaves no tensor behind", () => {
    const before = cpu.memory.tensors;
    const model = ready(nested());
    expect(cpu.memory.tensors).toBe(before + 7);
    disposeModel(model);
    expect(cpu.memory.tensors).toBe(before);
  });
});

describe("a model that leaves a scope", () => {
  it("takes its parameters and buffers along", () => {
    const model = scope(() => ready(nested()));
    for (const t of [...Object.values(parameters(model)), ...Object.values(buffers(model))])
      expect(t.disposed).toBe(false);
    disposeModel(model);
  });
});
