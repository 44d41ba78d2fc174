/** What every optimizer must hold, as a table of statements. */

import { valueAndGrad } from "@kronograd/autograd";
import { loadState, mapTensors, type Optimizer, type StateTree } from "@kronograd/optimizers";
import { add, copy, cpu, frobenius2, scale, scope, type Tensor, tensor, tensorsIn, write } from "@kronograd/tensor";
import { type HostArray, hostArray } from "@kronograd/testkit";
import { must, mustEqual } from "../must.ts";
import { type TinyProblem, tinyConvNet, tinyMlp } from "../tiny.ts";

/** Makes the optimizer under test, with other options if asked. */
export type MakeOptimizer = (options?: { learningRate?: number; weightDecay?: number }) => Optimizer;

/** One row of the suite. */
export interface OptimizerStatement {
  readonly says: string;
  /** True where it holds only for steps that are linear in the learning rate. */
  readonly linear?: boolean;
  /** True where it holds only without weight decay. */
  readonly undecayed?: boolean;
  check(make: MakeOptimizer): void;
}

/** One step on a tiny problem; returns the loss before it. */
function step(optimizer: Optimizer, { parameters, objective }: TinyProblem, t: number): number {
  return scope(() => {
    const { value, gradients, records } = valueAndGrad(objective, parameters, { capture: optimizer.needs(t) });
    optimizer.apply(parameters, optimizer.update(gradients, { parameters, records, step: t }), t);
    return value.itemSync();
  });
}

const valuesOf = ({ parameters }: TinyProblem): Record<string, HostArray> =>
  Object.fromEntries(Object.entries(parameters).map(([name, t]) => [name, hostArray(t)]));

function mustMatch(what: string, got: Record<string, HostArray>, want: Record<string, HostArray>, rtol: number): void {
  for (const [name, value] of Object.entries(want)) mustEqual(`${what}, ${name}`, got[name]!, value, rtol);
}

/** Each statement gets a fresh optimizer, which is disposed of afterwards. */
const withOptimizer =
  (f: (optimizer: Optimizer, make: MakeOptimizer) => void) =>
  (make: MakeOptimizer): void => {
    using optimizer = make();
    f(optimizer, make);
  };

const float64 = { dtype: "float64" } as const;

/** Every statement, as rows of a table. */
export const optimizerStatements: readonly OptimizerStatement[] = [
  {
    says: "lowers the loss of a small net",
    check: withOptimizer((optimizer) => {
      const problem = tinyMlp(float64);
      const losses = Array.from({ length: 40 }, (_, t) => step(optimizer, problem, t));
      must(`the loss went from ${losses[0]} to ${losses[39]} in 40 steps`, losses[39]! < losses[0]!);
    }),
  },
  {
    says: "trains a convolution",
    check: withOptimizer((optimizer) => {
      const problem = tinyConvNet(float64);
      const losses = Array.from({ length: 20 }, (_, t) => step(optimizer, problem, t));
      must(`the loss went from ${losses[0]} to ${losses[19]} in 20 steps`, losses[19]! < losses[0]!);
    }),
  },
  {
    says: "gives the same bits twice",
    check: withOptimizer((first, make) => {
      using second = make();
      const [one, two] = [tinyMlp(float64), tinyMlp(float64)];
      for (let t = 0; t < 4; t++) must(`losses differ at step ${t}`, step(first, one, t) === step(second, two, t));
      mustMatch("parameters", valuesOf(one), valuesOf(two), 0);
    }),
  },
  {
    says: "continues from a saved state bit for bit",
    check: withOptimizer((through, make) => {
      const problem = tinyMlp(float64);
      for (let t = 0; t < 4; t++) step(through, problem, t);
      const saved = mapTensors(through.state, (t) => tensor(t.dataSync(), { shape: t.shape }));
      using resumed = make();
      loadState(resumed, saved);
      const twin = tinyMlp(float64);
      for (const [name, { data }] of Object.entries(valuesOf(problem)))
        write(twin.parameters[name]!, data as Float64Array);
      for (let t = 4; t < 8; t++) {
        step(through, problem, t);
        step(resumed, twin, t);
      }
      mustMatch("parameters after 8 steps", valuesOf(twin), valuesOf(problem), 0);
    }),
  },
  {
    says: "has a state of tensors, numbers, texts and nulls alone",
    check: withOptimizer((optimizer) => {
      step(optimizer, tinyMlp(float64), 0);
      mustBePlain(optimizer.state, "state");
    }),
  },
  {
    says: "keeps float32 parameters float32",
    check: withOptimizer((optimizer) => {
      const problem = tinyMlp();
      for (let t = 0; t < 4; t++) step(optimizer, problem, t);
      for (const [name, t] of Object.entries(problem.parameters)) {
        must(`${name} is ${t.dtype}`, t.dtype === "float32");
        must(`${name} is not finite`, Array.from(t.dataSync()).every(Number.isFinite));
      }
    }),
  },
  {
    says: "stays where it is when all gradients are zero",
    undecayed: true,
    check: withOptimizer((optimizer) => {
      const problem = tinyMlp(float64);
      const { objective } = problem;
      must("the problem has a loss", typeof objective !== "function");
      const { loss, ...rest } = objective as Exclude<typeof objective, () => Tensor>;
      const flat = {
        ...rest,
        loss: { ...loss, value: (y: Tensor, labels: Tensor) => scale(loss.value(y, labels), 0) },
      };
      const before = valuesOf(problem);
      for (let t = 0; t < 3; t++) step(optimizer, { ...problem, objective: flat }, t);
      mustMatch("parameters", valuesOf(problem), before, 0);
    }),
  },
  {
    says: "leaves gradients as they are",
    check: withOptimizer((optimizer) => {
      scope(() => {
        const { parameters, objective } = tinyMlp(float64);
        const { gradients, records } = valueAndGrad(objective, parameters, { capture: optimizer.needs(0) });
        const all = [...tensorsIn([gradients, records])];
        const before = all.map((t) => copy(t));
        optimizer.update(gradients, { parameters, records, step: 0 });
        optimizer.update(gradients, { parameters, records, step: 1 });
        all.forEach((t, i) => {
          must("a tensor of the step was disposed of", !t.disposed);
          mustEqual("a tensor of the step", t, before[i]!, 0);
        });
      });
    }),
  },
  {
    says: "takes a first step that is linear in the learning rate",
    linear: true,
    check(make) {
      const moved = (learningRate: number): Record<string, HostArray> => {
        using optimizer = make({ learningRate });
        const problem = tinyMlp(float64);
        const before = valuesOf(problem);
        step(optimizer, problem, 0);
        const change = ([name, { shape, data }]: [string, HostArray]) =>
          [name, { shape, data: Array.from(data, (x, i) => x - before[name]!.data[i]!) }] as const;
        return Object.fromEntries(Object.entries(valuesOf(problem)).map(change));
      };
      const [one, two] = [moved(1e-3), moved(2e-3)];
      const doubled = Object.entries(one).map(
        ([name, { shape, data }]) => [name, { shape, data: Array.from(data, (x) => 2 * x) }] as const,
      );
      mustMatch("change of parameters", two, Object.fromEntries(doubled), 1e-9);
    },
  },
  {
    says: "takes parameters of any shape",
    check: withOptimizer((optimizer) => {
      const parameters = {
        scalar: tensor(2, float64),
        cube: tensor(new Float64Array(24).fill(1), { shape: [2, 3, 4] }),
      };
      for (let t = 0; t < 3; t++) {
        scope(() => {
          const square = () => Object.values(parameters).map(frobenius2).reduce(add);
          const { gradients, records } = valueAndGrad(square, parameters, {
            capture: optimizer.needs(t),
            lossScale: 1,
          });
          optimizer.apply(parameters, optimizer.update(gradients, { parameters, records, step: t }), t);
        });
      }
      must(
        "the parameters did not move down",
        parameters.scalar.itemSync() < 2 && parameters.cube.dataSync().every((x) => x < 1),
      );
    }),
  },
  {
    says: "holds no more memory after many steps than before, and none when it is disposed of",
    check(make) {
      const problem = tinyMlp(float64);
      const before = cpu.memory.buffers;
      const counts: number[] = [];
      {
        using optimizer = make();
        // Statistics and refreshes may be far apart, so it is looked at late and over whole periods.
        for (let t = 0; t < 100; t++) {
          step(optimizer, problem, t);
          counts.push(cpu.memory.buffers);
        }
      }
      must(`${counts[59]} buffers after 60 steps, ${counts[99]} after 100`, counts[99]! <= counts[59]!);
      must(`${cpu.memory.buffers - before} buffers are left`, cpu.memory.buffers === before);
    },
  },
];

function mustBePlain(value: StateTree, path: string): void {
  if (typeof value !== "object" || value === null || "storage" in value) return;
  must(
    `${path} is a ${value.constructor?.name}`,
    Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype,
  );
  for (const [key, item] of Object.entries(value)) mustBePlain(item as StateTree, `${path}.${key}`);
}
