/** What every layer must hold, as a table of statements. */

import { perExample, valueAndGrad } from "@kronograd/autograd";
import { buffers, initialize, type Layer, type Mode, parameterRoles, parameters } from "@kronograd/layers";
import {
  add,
  copy,
  cpu,
  matmul,
  mul,
  normal,
  Rng,
  reshape,
  type Shape,
  scope,
  slice,
  sum,
  type Tensor,
  transpose,
} from "@kronograd/tensor";
import { checkGradients, drawInputs } from "@kronograd/testkit";
import { must, mustBeFinite, mustEqual } from "../must.ts";

/** What a layer is tried on. */
export interface LayerInput {
  /** With the batch as first axis. */
  readonly input: Shape;
  /** "int32" for layers that take indices. */
  readonly dtype?: "int32";
  /** Of the input's numbers; default [-2, 2], for int32 [0, 2). */
  readonly range?: readonly [number, number];
  /** Keep the input's numbers apart, for layers with maxima or kinks. */
  readonly distinct?: boolean;
}

/** One row of the suite. */
export interface LayerStatement {
  readonly says: string;
  check(make: () => Layer, input: LayerInput): void;
}

type FloatType = "float32" | "float64";

const initialized = (make: () => Layer, dtype: FloatType = "float64"): Layer => {
  const layer = make();
  initialize(layer, { dtype, rng: new Rng(0) });
  return layer;
};

function drawn({ input, ...rest }: LayerInput, dtype: FloatType = "float64", examples = input[0]!): Tensor {
  const sample = { inputs: [{ ...rest, shape: [examples, ...input.slice(1)] }], params: null };
  return copy(drawInputs(sample, new Rng(1), { dtype })[0]!); // a buffer of its own, which a check may write into
}

/** A pass whose random numbers are the same each time. */
const training = (): Mode => ({ training: true, rng: new Rng(2) });

const statements: readonly LayerStatement[] = [
  {
    says: "makes the same parameters from the same stream, in the float type that is asked for",
    check(make) {
      for (const dtype of ["float32", "float64"] as const) {
        const [one, two] = [parameters(initialized(make, dtype)), parameters(initialized(make, dtype))];
        for (const [name, t] of Object.entries(one)) {
          must(`${name} is ${t.dtype}, not ${dtype}`, t.dtype === dtype);
          mustEqual(name, t, two[name]!, 0);
        }
      }
    },
  },
  {
    says: "knows what each parameter is for",
    check(make) {
      const layer = initialized(make);
      const roles = parameterRoles(layer);
      for (const name of Object.keys(parameters(layer))) must(`${name} has no role`, roles[name] !== undefined);
    },
  },
  {
    says: "has right gradients of first and second order in its input and its parameters",
    check(make, input) {
      const layer = initialized(make);
      const x = drawn(input);
      const all = [x, ...Object.values(parameters(layer))].filter((t) => t.dtype !== "int32");
      checkGradients(() => layer.forward(x, training()), all, { order: 2, inPlace: true });
    },
  },
  {
    says: "gives the same bits twice",
    check(make, input) {
      const layer = initialized(make);
      const x = drawn(input);
      mustEqual("output", layer.forward(x, training()), layer.forward(x, training()), 0);
    },
  },
  {
    says: "takes any number of examples",
    check(make, input) {
      const layer = initialized(make);
      const few = layer.forward(drawn(input), training()).shape;
      const more = layer.forward(drawn(input, "float64", input.input[0]! + 3), training()).shape;
      mustEqual("output's shape", [...more], [few[0]! + 3, ...few.slice(1)], 0);
    },
  },
  {
    says: "gives float32 for float32, and the values of float64",
    check(make, input) {
      const narrow = initialized(make, "float32").forward(drawn(input, "float32"), training());
      must(`output is ${narrow.dtype}`, narrow.dtype === "float32");
      // float32 rounds at 6e-8; a few hundred terms and divisions by small variances
      mustEqual("output", narrow, initialized(make).forward(drawn(input), training()), 1e-4);
    },
  },
  {
    says: "works outside training, without random numbers",
    check(make, input) {
      mustBeFinite("output", initialized(make).forward(drawn(input), { training: false }).dataSync());
    },
  },
  {
    says: "leaves its input alone, and its buffers unless their change is committed",
    check(make, input) {
      const layer = initialized(make);
      const x = drawn(input);
      const kept = [x, ...Object.values(buffers(layer))];
      const before = kept.map((t) => t.dataSync());
      layer.forward(x, training());
      kept.forEach((t, i) => {
        must("a tensor was disposed of", !t.disposed);
        mustEqual(i === 0 ? "input" : "buffer", t, { shape: t.shape, data: before[i]! }, 0);
      });
    },
  },
  {
    says: "reports inputs and output gradients whose products are its weights' gradients",
    check(make, input) {
      const layer = initialized(make);
      const x = drawn(input);
      const u = normal(new Rng(3), layer.forward(x, training()).shape, { dtype: "float64" });
      const loss = () => sum(mul(layer.forward(x, training()), u));
      const capture = { inputs: true, outputGrads: "empirical" } as const;
      const { gradients, records } = valueAndGrad(loss, parameters(layer), { capture, lossScale: 1 });
      for (const [name, record] of records) {
        const { block, ...gradient } = gradients.get(name)!;
        const joint = gradient.dense();
        const height = block.shape[0]! / block.groups;
        for (let k = 0; k < block.groups; k++) {
          const { inputs, outputGrads } = perExample(record.group(k)); // [N, T, in+1], [1, N, T, out]
          const rows = (t: Tensor) => reshape(t, [-1, t.shape.at(-1)!]);
          const product = matmul(transpose(rows(outputGrads)), rows(inputs));
          mustEqual(
            `gradient of ${name}, group ${k}`,
            product,
            slice(joint, [[k * height, (k + 1) * height], null]),
            1e-10,
          );
        }
      }
    },
  },
  {
    says: "holds nothing of a pass whose result is dropped",
    check(make, input) {
      const layer = initialized(make);
      const x = drawn(input);
      const before = cpu.memory.buffers;
      scope(() => {
        add(layer.forward(x, training()), 1);
      });
      must(`${cpu.memory.buffers - before} buffers are left`, cpu.memory.buffers === before);
    },
  },
];

/** Every statement, checked in a scope of its own. */
export const layerStatements: readonly LayerStatement[] = statements.map(({ says, check }) => ({
  says,
  check: (make, input) => scope(() => check(make, input)),
}));
