import { reductions, valueAndGrad } from "@kronograd/autograd";
import { cpu, Device, normal, Rng, scope, type Tensor, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import type { Layer, Mode } from "./layer.ts";
import { gelu, relu } from "./layers/activations.ts";
import { BatchNorm } from "./layers/batch-norm.ts";
import { Conv2d } from "./layers/conv2d.ts";
import { Dense } from "./layers/dense.ts";
import { dropout } from "./layers/dropout.ts";
import { flatten } from "./layers/reshaping.ts";
import { softmaxCrossEntropy } from "./losses/softmax-cross-entropy.ts";
import { buffers, parameterRoles, parameters } from "./model-tree.ts";
import { transformerEncoder } from "./models/transformer-encoder.ts";
import { recomputed } from "./recomputed.ts";
import { Sequential } from "./sequential.ts";
import { modelStructure } from "./structure.ts";

type Wrap = (layer: Layer) => Layer;
const plain: Wrap = (layer) => layer;
const bits = (t: Tensor) => [...t.dataSync()];

const convNet = (wrap: Wrap, device = cpu) => {
  const block = (inputs: number) =>
    wrap(new Sequential([new Conv2d({ in: inputs, out: 4, kernel: 3, padding: 1 }), new BatchNorm({ features: 4 }), relu(), dropout(0.3)])); // biome-ignore format: short
  const head = wrap(new Sequential([flatten(), new Dense({ in: 64, out: 8 }), relu(), dropout(0.5), new Dense({ in: 8, out: 3 })])); // biome-ignore format: short
  return new Sequential({ one: block(1), two: block(4), head }, { rng: new Rng(1), device });
};

/** Everything that a step reads of a pass, as numbers. */
function look(model: Layer, x: Tensor, targets: Tensor): unknown {
  const commits: unknown[] = [];
  const commit: Mode["commit"] = (_, value) => commits.push(bits(value));
  const outputs = () => model.forward(x, { training: true, rng: new Rng(4), commit });
  const { value, gradients, records } = valueAndGrad(
    { outputs, loss: softmaxCrossEntropy(), targets },
    parameters(model),
    { capture: { inputs: true, outputGrads: "sampled", norms: true, positions: false }, rng: new Rng(5) },
  );
  return {
    value: bits(value),
    commits,
    gradients: [...gradients].map(([name, g]) => [name, g.parts().map(bits)]),
    records: [...records].map(([name, record]) => [
      name,
      record.examples,
      record.positions,
      bits(record.secondMoment("inputs", reductions.reduce)),
      bits(record.secondMoment("outputGrads", reductions.reduce)),
    ]),
  };
}

describe("recomputed", () => {
  it("keeps names, roles, structure, buffers and initial values", () => {
    const [a, b] = [convNet(plain), convNet(recomputed)];
    const said = (model: Layer) => [
      Object.entries(parameters(model)).map(([name, t]) => [name, bits(t)]),
      Object.keys(buffers(model)),
      parameterRoles(model),
      modelStructure(model),
    ];
    expect(said(b)).toEqual(said(a));
  });

  it("gives the same bits of loss, gradients, records and running statistics, with dropout, on dense and conv layers", () => {
    const x = normal(new Rng(2), [6, 1, 4, 4]);
    const targets = tensor(Int32Array.of(0, 1, 2, 0, 1, 2));
    expect(look(convNet(recomputed), x, targets)).toEqual(look(convNet(plain), x, targets));
  });

  it("wraps the blocks of a transformer, alone and inside each other", () => {
    const model = (wrap: Wrap) => {
      const whole = transformerEncoder({ vocabulary: 11, features: 8, heads: 2, classes: 3, dropout: 0.2 });
      const layers = Object.fromEntries(Object.entries(whole.layers).map(([name, layer]) => [name, wrap(layer)]));
      return wrap(new Sequential(layers, { rng: new Rng(1) }));
    };
    const x = tensor(
      Int32Array.from({ length: 20 }, (_, i) => (7 * i) % 11),
      { shape: [4, 5] },
    );
    const targets = tensor(Int32Array.of(0, 1, 2, 0));
    expect(look(model(recomputed), x, targets)).toEqual(look(model(plain), x, targets));
  });

  it("lowers the peak of a step", () => {
    const peakOf = (wrap: Wrap) => {
      const device = new Device(cpu.backend);
      const block = () => wrap(new Sequential([new Dense({ in: 16, out: 16 }), gelu(), dropout(0.1), gelu()]));
      const model = new Sequential([block(), block(), block(), block(), block(), block()], { rng: new Rng(1), device });
      const x = normal(new Rng(2), [400, 16], { device });
      const targets = tensor(new Int32Array(400), { device });
      const { bytes } = device.memory;
      device.memory.peakBytes = bytes;
      const outputs = () => model.forward(x, { training: true, rng: new Rng(4) });
      scope(() => void valueAndGrad({ outputs, loss: softmaxCrossEntropy(), targets }, parameters(model)));
      return device.memory.peakBytes - bytes;
    };
    expect(peakOf(recomputed)).toBeLessThan(0.6 * peakOf(plain));
  });
});
