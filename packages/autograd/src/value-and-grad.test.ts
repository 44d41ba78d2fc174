import {
  conv2d,
  cpu,
  mul,
  type NestedNumbers,
  Rng,
  reshape,
  ShapeError,
  scale,
  scope,
  setRecorder,
  slice,
  sum,
  type Tensor,
  tanh,
  tensor,
  tensorsIn,
  transpose,
  UsageError,
  zeros,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { dense, halfSquares, random } from "../testing/index.ts";
import { type CaptureRequest, recordLayer } from "./capture.ts";
import { grad } from "./grad.ts";
import { reductions } from "./reductions.ts";
import { type Objective, valueAndGrad } from "./value-and-grad.ts";

const f64 = (values: NestedNumbers): Tensor => tensor(values, { dtype: "float64" });

const [x, targets] = [random(1, [5, 3]), random(2, [5, 2])];
const parameters = {
  "one.weight": random(3, [4, 3]),
  "one.bias": random(4, [4]),
  "two.weight": random(5, [2, 4]),
  "two.bias": random(6, [2]),
  gain: random(7, [2]),
};
const forward = (input = x) => {
  const hidden = scope(() => tanh(dense("one", input, parameters["one.weight"], parameters["one.bias"])));
  return mul(dense("two", hidden, parameters["two.weight"], parameters["two.bias"]), parameters.gain);
};
const net = (reduction: "mean" | "sum" = "mean"): Objective => ({
  outputs: () => forward(),
  loss: halfSquares(reduction),
  targets,
});
const plain = (reduction: "mean" | "sum" = "mean") =>
  grad(() => halfSquares(reduction).value(forward(), targets), parameters);

/** Shapes that `matmul` and `linear` gave while `f` ran. */
function products(f: () => void): string[] {
  const shapes: string[] = [];
  const previous = setRecorder({
    record: (op, _, outputs) =>
      void (/matmul|linear/.test(op.name) && shapes.push(`[${outputs[0]?.shape.join(", ")}]`)),
  });
  try {
    f();
  } finally {
    setRecorder(previous);
  }
  return shapes;
}

function checkAgainstPlain(
  gradients: ReturnType<typeof valueAndGrad>["gradients"],
  reduction: "mean" | "sum" = "mean",
): void {
  const want = plain(reduction) as Record<string, Tensor>;
  const seen = [...gradients.values()].flatMap(({ block }) => block.parameters);
  expect(seen.toSorted()).toEqual(Object.keys(want).toSorted());
  for (const gradient of gradients.values()) {
    gradient.parts().forEach((part, i) => {
      expect(part).toBeAllclose(want[gradient.block.parameters[i] as string] as Tensor);
    });
  }
}

describe("valueAndGrad without a capture", () => {
  const { value, outputs, gradients, records } = valueAndGrad(net(), parameters);

  it("gives the value, the outputs and a block for each parameter", () => {
    expect(value).toBeAllclose(halfSquares("mean").value(forward(), targets));
    expect(outputs).toBeAllclose(forward());
    checkAgainstPlain(gradients);
    expect([...gradients.keys()]).toEqual(Object.keys(parameters));
    expect([...gradients.values()].some(({ block }) => block.isLayer)).toBe(false);
    expect(records.size).toBe(0);
  });

  it("takes a closure", () => {
    const closure = () => halfSquares("mean").value(forward(), targets);
    const result = valueAndGrad(closure, parameters);
    checkAgainstPlain(result.gradients);
    expect(result.outputs).toBeNull();
  });

  it("gives zeros for a parameter that the loss does not depend on", () => {
    const stranger = f64([[1, 2]]);
    expect(
      valueAndGrad(net(), { ...parameters, stranger })
        .gradients.get("stranger")
        ?.dense(),
    ).toBeAllclose([[0, 0]]);
  });

  it("throws ShapeError when the loss is not a scalar", () => {
    expect(() => valueAndGrad(() => forward(), parameters)).toThrow(ShapeError);
  });
});

describe("what a capture costs", () => {
  const saved = (capture?: CaptureRequest) =>
    valueAndGrad(net(), parameters, capture === undefined ? {} : { capture }).savedTensors;

  it("is no saved tensor, whatever is asked for", () => {
    const nothing = saved();
    expect(saved({})).toBe(nothing);
    expect(saved({ inputs: true, outputGrads: "exact", gradient: "factored" })).toBe(nothing);
  });

  it("is no live tensor when nothing is asked for: the result holds the value, the outputs and the gradients", () => {
    const before = cpu.memory.tensors;
    const result = scope(() => valueAndGrad(net(), parameters));
    expect(cpu.memory.tensors - before).toBe(2 + Object.keys(parameters).length);
    for (const t of tensorsIn(result)) t.dispose();
    expect(cpu.memory.tensors).toBe(before);
  });

  it("ends with the result, whatever was asked for", () => {
    const before = cpu.memory.tensors;
    for (const outputGrads of ["empirical", "sampled", "exact", "randomSign"] as const) {
      for (const gradient of ["dense", "factored"] as const) {
        scope(
          () =>
            void valueAndGrad(net(), parameters, { capture: { inputs: true, outputGrads, gradient }, rng: new Rng(0) }),
        );
      }
    }
    expect(cpu.memory.tensors).toBe(before);
  });
});

describe("layer blocks", () => {
  it("join a layer's weight and bias, and leave other parameters alone", () => {
    const { gradients } = valueAndGrad(net(), parameters, { capture: { layers: true } });
    checkAgainstPlain(gradients);
    expect([...gradients.keys()]).toEqual(["one", "two", "gain"]);
    const { block } = gradients.get("one") as NonNullable<ReturnType<typeof gradients.get>>;
    expect(block).toEqual({
      name: "one",
      parameters: ["one.weight", "one.bias"],
      shapes: [[4, 3], [4]],
      shape: [4, 4],
      isLayer: true,
      hasBias: true,
      groups: 1,
    });
  });

  it("are the weight alone where biases stay apart", () => {
    const capture = { inputs: true, outputGrads: "empirical", bias: "separate" } as const;
    const { gradients, records } = valueAndGrad(net(), parameters, { capture });
    checkAgainstPlain(gradients);
    expect([...gradients.keys()]).toEqual(["one", "two", "one.bias", "two.bias", "gain"]);
    expect(gradients.get("one")?.block.shape).toEqual([4, 3]);
    expect(records.get("one")?.hasBias).toBe(false);
  });

  it("leave out a frozen weight, and a frozen bias", () => {
    const { "one.weight": _, "two.bias": __, ...rest } = parameters;
    const { gradients, records } = valueAndGrad(net(), rest, { capture: { inputs: true } });
    expect([...gradients.keys()]).toEqual(["two", "one.bias", "gain"]);
    expect(gradients.get("two")?.block.hasBias).toBe(false);
    expect([...records.keys()]).toEqual(["two"]);
  });

  it("keep a bias that two weights share as a block of its own", () => {
    const bias = random(8, [4]);
    const [left, right] = [random(9, [4, 3]), random(10, [4, 3])];
    const loss = () => sum(mul(dense("left", x, left, bias), dense("right", x, right, bias)));
    const { gradients } = valueAndGrad(loss, { left, right, bias }, { capture: { layers: true } });
    expect([...gradients.keys()]).toEqual(["left", "right", "bias"]);
    expect(gradients.get("bias")?.dense()).toBeAllclose(grad(loss, bias));
  });

  it("must have names of their own", () => {
    const twice = () =>
      sum(mul(dense("same", x, parameters["one.weight"], null), dense("same", x, random(8, [4, 3]), null)));
    const other = random(9, [4, 3]);
    const clash = () => sum(mul(dense("same", x, parameters["one.weight"], null), dense("same", x, other, null)));
    expect(() => valueAndGrad(clash, { ...parameters, other }, { capture: { layers: true } })).toThrow(
      /two blocks are named "same"/,
    );
    expect(valueAndGrad(twice, parameters, { capture: { layers: true } }).gradients.get("same")?.block.isLayer).toBe(
      true,
    );
  });

  it("say how many groups a convolution has", () => {
    const [image, weight] = [random(1, [2, 4, 3, 3]), random(2, [6, 2, 1, 1])];
    const loss = () => {
      const output = conv2d(image, weight, null, { groups: 2 });
      const geometry = {
        kind: "conv2d",
        kernel: [1, 1],
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups: 2,
      } as const;
      recordLayer({ name: "conv", weight, bias: null, input: image, output, geometry });
      return sum(mul(output, output));
    };
    const { gradients } = valueAndGrad(loss, { weight }, { capture: { layers: true } });
    expect(gradients.get("conv")?.block).toMatchObject({ shape: [6, 2], groups: 2 });
    expect(gradients.get("conv")?.parts()[0]).toBeAllclose(grad(loss, weight));
  });
});

describe("output gradients under the empirical label source", () => {
  it("are those of each example's own loss, for a mean as for a sum", () => {
    for (const reduction of ["mean", "sum"] as const) {
      const { records, gradients } = valueAndGrad(net(reduction), parameters, {
        capture: { inputs: true, outputGrads: "empirical" },
      });
      checkAgainstPlain(gradients, reduction);
      for (const example of [0, 3]) {
        const row = (t: Tensor) => slice(t, [[example, example + 1]]);
        const alone: Objective = { outputs: () => forward(row(x)), loss: halfSquares("sum"), targets: row(targets) };
        const { records: own } = valueAndGrad(alone, parameters, {
          capture: { inputs: true, outputGrads: "empirical" },
        });
        for (const name of ["one", "two"]) {
          const use = (from: typeof records) => from.get(name)?.uses[0] as { input: Tensor; outputGrads: Tensor[] };
          expect(row(use(records).outputGrads[0] as Tensor)).toBeAllclose(use(own).outputGrads[0] as Tensor);
          expect(row(use(records).input)).toBeAllclose(use(own).input);
        }
      }
    }
  });

  it("need lossScale where the objective is a closure", () => {
    const closure = () => halfSquares("mean").value(forward(), targets);
    const capture = { inputs: true, outputGrads: "empirical" } as const;
    expect(() => valueAndGrad(closure, parameters, { capture })).toThrow(/need lossScale/);
    const { records } = valueAndGrad(closure, parameters, { capture, lossScale: 5 });
    const want = valueAndGrad(net(), parameters, { capture })
      .records.get("one")
      ?.rows("outputGrads", reductions.expand) as Tensor;
    expect(records.get("one")?.rows("outputGrads", reductions.expand)).toBeAllclose(want);
  });

  it("are zeros for a layer that the loss does not see", () => {
    const side = random(8, [2, 3]);
    const loss = () => {
      dense("side", x, side, null);
      return halfSquares("mean").value(forward(), targets);
    };
    const capture = { inputs: true, outputGrads: "empirical" } as const;
    const { records, gradients } = valueAndGrad(loss, { ...parameters, side }, { capture, lossScale: 5 });
    expect(records.get("side")?.uses[0]?.outputGrads[0]).toBeAllclose(zeros([5, 2]));
    expect(gradients.get("side")?.dense()).toBeAllclose(zeros([2, 3]));
  });
});

describe("factored gradients", () => {
  const capture = { gradient: "factored", outputGrads: "empirical", inputs: true } as const;

  it("equal the dense ones, for a mean as for a sum", () => {
    for (const reduction of ["mean", "sum"] as const) {
      const { gradients } = valueAndGrad(net(reduction), parameters, { capture });
      expect(gradients.get("one")?.factors).toBeDefined();
      checkAgainstPlain(gradients, reduction);
    }
  });

  it("skip the GEMM of the weight's gradient", () => {
    // forward: [5, 4], [5, 2]; backward: dW₂ [2, 4], dx [5, 4], dW₁ [4, 3]
    expect(products(() => valueAndGrad(net(), parameters))).toEqual(["[5, 4]", "[5, 2]", "[5, 4]", "[2, 4]", "[4, 3]"]);
    expect(products(() => valueAndGrad(net(), parameters, { capture }))).toEqual(["[5, 4]", "[5, 2]", "[5, 4]"]);
  });

  it("are dense for sequences, for weights used twice, and where something else reads the weight", () => {
    const { "two.weight": weight } = parameters;
    const isFactored = (loss: () => Tensor) =>
      valueAndGrad(loss, { weight }, { capture, lossScale: 1 }).gradients.get("layer")?.factors !== undefined;
    const rows = random(8, [5, 4]);
    const square = (t: Tensor) => sum(mul(t, t));
    expect(isFactored(() => square(dense("layer", rows, weight, null)))).toBe(true);
    expect(isFactored(() => square(dense("layer", reshape(rows, [1, 5, 4]), weight, null)))).toBe(false);
    expect(isFactored(() => square(dense("layer", rows, weight, null).add(dense("layer", rows, weight, null))))).toBe(
      false,
    );
    expect(isFactored(() => square(dense("layer", rows, weight, null)).add(square(weight)))).toBe(false);
  });
});

describe("tied weights", () => {
  const weight = random(8, [3, 3]);
  const loss = () => {
    const hidden = tanh(dense("layer", x, weight, null));
    return sum(mul(dense("layer", hidden, weight, null), hidden));
  };

  it("get one gradient, one record, and a use for each application", () => {
    const capture = { inputs: true, outputGrads: "empirical", gradient: "factored" } as const;
    const { gradients, records } = valueAndGrad(loss, { weight }, { capture, lossScale: 1 });
    expect(gradients.get("layer")?.dense()).toBeAllclose(grad(loss, weight));
    const record = records.get("layer");
    expect(record?.positions).toBe(2);
    // Σ over uses of gᵀa is the gradient
    const summed = record?.uses
      .map(({ input, outputGrads }) => transpose(outputGrads[0] as Tensor).matmul(input))
      .reduce((a, b) => a.add(b)) as Tensor;
    expect(summed).toBeAllclose(grad(loss, weight));
  });

  it("may have two names in the forward pass: the first counts", () => {
    const named = () => sum(mul(dense("encode", x, weight, null), dense("decode", x, weight, null)));
    const { gradients } = valueAndGrad(named, { weight }, { capture: { layers: true } });
    expect([...gradients.keys()]).toEqual(["encode"]);
  });
});

describe("label sources", () => {
  const G = (outputGrads: "sampled" | "exact" | "randomSign", seed = 0, layer = "two") =>
    valueAndGrad(net(), parameters, { capture: { inputs: true, outputGrads }, rng: new Rng(seed) })
      .records.get(layer)
      ?.secondMoment("outputGrads", reductions.expand) as Tensor;
  const gain = parameters.gain.dataSync();
  const exactLast = [
    [gain[0]! ** 2, 0],
    [0, gain[1]! ** 2],
  ];

  it("exact: one column for each output; G of the last layer is diag(gain)²", () => {
    const { records, gradients } = valueAndGrad(net(), parameters, { capture: { inputs: true, outputGrads: "exact" } });
    expect(records.get("two")?.uses[0]?.outputGrads).toHaveLength(2);
    expect(G("exact")).toBeAllclose(exactLast);
    checkAgainstPlain(gradients);
  });

  it("do not depend on the loss's reduction: the columns are those of each example's own loss", () => {
    const of = (reduction: "mean" | "sum") =>
      valueAndGrad(net(reduction), parameters, { capture: { inputs: true, outputGrads: "exact" } })
        .records.get("one")
        ?.secondMoment("outputGrads", reductions.expand) as Tensor;
    expect(of("sum")).toBeAllclose(of("mean"));
  });

  it("sampled and randomSign: one column, drawn from the given stream; on average the exact G", () => {
    for (const source of ["sampled", "randomSign"] as const) {
      expect(G(source, 1)).toBeAllclose(G(source, 1));
      expect(G(source, 1)).not.toBeAllclose(G(source, 2));
      const draws = Array.from({ length: 400 }, (_, seed) => G(source, seed, "one"));
      const average = scale(
        draws.reduce((a, b) => a.add(b)),
        1 / draws.length,
      );
      expect(average).toBeAllclose(G("exact", 0, "one"), { rtol: 0.1 }); // 2000 rows: about 1/√2000 · √2 each
    }
  });

  it("go backward through outputs alone: no weight gradient is formed for them", () => {
    const capture = { inputs: true, outputGrads: "exact" } as const;
    const shapes = products(() => valueAndGrad(net(), parameters, { capture }));
    expect(shapes.filter((shape) => shape === "[2, 4]" || shape === "[4, 3]")).toHaveLength(2); // the true gradient's
    expect(shapes.filter((shape) => shape === "[5, 4]")).toHaveLength(1 + 1 + 2); // forward, backward, two columns
  });

  it("leave the gradient's random stream alone", () => {
    const rng = new Rng(0);
    valueAndGrad(net(), parameters, { capture: { inputs: true, outputGrads: "exact" }, rng });
    valueAndGrad(net(), parameters, { capture: { inputs: true, outputGrads: "empirical" }, rng });
    expect(rng.state()).toEqual(new Rng(0).state());
  });

  it("need a Loss object, and a stream where they are random", () => {
    const closure = () => halfSquares("mean").value(forward(), targets);
    expect(() => valueAndGrad(closure, parameters, { capture: { outputGrads: "exact" } })).toThrow(UsageError);
    expect(() => valueAndGrad(net(), parameters, { capture: { outputGrads: "sampled" } })).toThrow(/Pass rng/);
  });
});
