import {
  type Block,
  denseGradient,
  factoredGradient,
  type LayerRecord,
  layerRecord,
  reductions,
} from "@kronograd/autograd";
import {
  concat,
  copy,
  cpu,
  full,
  NumericalError,
  normal,
  Rng,
  type Shape,
  scale,
  slice,
  type Tensor,
  UsageError,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { layerBlock } from "../../testing/index.ts";
import { kfac } from "../catalog/kfac.ts";
import { kfacCurvature } from "../curvature/kfac.ts";
import { skfacCurvature } from "../curvature/skfac.ts";
import { type CurvatureMethod, defineCurvature } from "../curvature-method.ts";
import { Optimizer } from "../optimizer.ts";
import type { StateTree } from "../state/state.ts";
import type { Updates } from "../transform.ts";
import type { PreconditionOptions } from "./drive.ts";
import { planBlock } from "./plan.ts";
import { precondition } from "./precondition.ts";
import type { PreconditionState } from "./precondition-blocks.ts";
import { someExamples } from "./some-examples.ts";

const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const block = layerBlock("layer", 2, 3);
const V = random(1, [2, 4]);
const gradients = (): Updates => new Map([["layer", denseGradient(block, V)]]);
const recordOf = (input: Tensor, grad: Tensor, name = "layer"): LayerRecord =>
  layerRecord({
    name,
    geometry: { kind: "dense" },
    hasBias: true,
    labels: "empirical",
    uses: [{ input, outputGrads: [grad] }],
  });
const goodRecord = (seed = 2) => recordOf(random(seed, [6, 3]), random(seed + 1, [6, 2]));

/** A method that counts: its direction is the gradient times 10. */
function counting(log: string[], refines = false): CurvatureMethod<{ seen: number; refreshed: number }> {
  /** The value, after a line in the log. */
  const note = <T>(what: string, { step }: { step: number }, value: T): T => {
    log.push(`${what} ${step}`);
    return value;
  };
  return defineCurvature<{ seen: number; refreshed: number }>({
    name: "counting",
    source: "a test",
    needs: { inputs: true, outputGrads: "sampled", gradient: "dense", bias: "separate", oracles: ["trial"] },
    claims: [],
    init: () => ({ seen: 0, refreshed: 0 }),
    statistics: {
      observe: (record) => ({
        A: record.secondMoment("inputs", reductions.expand),
        G: record.secondMoment("outputGrads", reductions.expand),
      }),
      join: (state, _, context) => note("update", context, { ...state, seen: state.seen + 1 }),
    },
    refresh: (state, context) => note("refresh", context, { ...state, refreshed: state.refreshed + 1 }),
    ...(refines && {
      refinement: {
        observe: (record) => ({ A: record.secondMoment("inputs", reductions.expand) }),
        join: (state, _, context) => note("refine", context, state),
      },
    }),
    precondition: (_, gradient, context) => note("precondition", context, scale(gradient.dense(), 10)),
    plan: ({ shape }, batch) => ({ form: `[${shape.join(", ")}]`, flops: batch, bytes: 8, precision: "float32" }),
  });
}

interface Step {
  readonly updates?: Updates;
  readonly record?: LayerRecord;
  readonly records?: ReadonlyMap<string, LayerRecord>;
}

/** Run steps of a method; what it reported, the directions, and its state at the end. */
function run<S extends StateTree>(method: CurvatureMethod<S>, options: PreconditionOptions, steps: readonly Step[]) {
  const optimizer = new Optimizer({ name: "test", learningRate: 1, chain: precondition(method, options) });
  const reports: Record<string, number[]> = {};
  const directions = steps.map(
    ({ updates = gradients(), record, records = new Map(record ? [["layer", record]] : []) }, step) => {
      const report = (name: string, value: number | Tensor) => {
        reports[name] = [...(reports[name] ?? []), value as number];
      };
      return optimizer.update(updates, { parameters: {}, step, records, report });
    },
  );
  return { reports, directions, state: () => optimizer.state as unknown as PreconditionState, optimizer };
}
const steps = (count: number): Step[] => Array.from({ length: count }, () => ({ record: goodRecord() }));

describe("schedules of precondition", () => {
  it("call update, refresh, refine and precondition in this order where they are due", () => {
    const log: string[] = [];
    run(counting(log, true), { statisticsEvery: 2, refreshEvery: 4, refineEvery: 3 }, steps(5));
    expect(log).toEqual([
      ...["update 0", "refresh 0", "refine 0", "precondition 0"],
      "precondition 1",
      ...["update 2", "precondition 2"],
      ...["refine 3", "precondition 3"],
      ...["update 4", "refresh 4", "precondition 4"],
    ]);
  });

  it("S12: refresh ceil(steps / f) times", () => {
    for (const refreshEvery of [1, 3, 4, 20]) {
      for (const count of [1, 9, 12]) {
        const log: string[] = [];
        run(counting(log), { refreshEvery }, steps(count));
        expect(log.filter((line) => line.startsWith("refresh"))).toHaveLength(Math.ceil(count / refreshEvery));
      }
    }
  });

  it("S12: keep SKFAC's inverses the same objects between refreshes", () => {
    const { optimizer } = run(skfacCurvature(), { refreshEvery: 3 }, steps(1));
    const inverseOf = () =>
      JSON.stringify(
        (optimizer.state as never as { layer: { method: { inverses: object } } }).layer.method.inverses,
        ids,
      );
    const ids = (_: string, value: unknown) =>
      typeof value === "object" && value !== null && "storage" in value ? (value as Tensor).id : value;
    const seen = [1, 2, 3].map((step) => {
      optimizer.update(gradients(), { parameters: {}, step, records: new Map([["layer", goodRecord(step * 10)]]) });
      return inverseOf();
    });
    expect(seen[0]).toBe(seen[1]);
    expect(seen[2]).not.toBe(seen[1]);
  });

  it("S12: take the damping from its schedule once a step", () => {
    const asked: number[] = [];
    const damping = (step: number) => 1 / (asked.push(step) && step + 1);
    const { reports } = run(kfacCurvature(), { damping, refreshEvery: 2 }, steps(3));
    expect(asked).toEqual([0, 1, 2]);
    expect(reports.damping).toEqual([1, 1 / 2, 1 / 3]);
  });

  it("ask for statistics only on the steps that take them, and for the form of blocks always", () => {
    const plain = precondition(counting([]), { statisticsEvery: 2 });
    const always = { layers: true, gradient: "dense", bias: "separate", oracles: ["trial"] };
    expect(plain.needs?.(0)).toEqual({ ...always, inputs: true, outputGrads: "sampled", positions: true });
    expect(plain.needs?.(1)).toEqual(always);
    const refining = precondition(counting([], true), { statisticsEvery: 2, refreshEvery: 4, refineEvery: 3 });
    expect([0, 1, 2, 3].map((step) => refining.needs?.(step).inputs)).toEqual([true, undefined, true, true]);
  });

  it("refresh a layer at once that is first seen between two refreshes", () => {
    const log: string[] = [];
    run(counting(log), { refreshEvery: 4 }, [{}, { record: goodRecord() }, { record: goodRecord() }]);
    expect(log).toEqual(["update 1", "refresh 1", "precondition 1", "update 2", "precondition 2"]);
  });

  describe("staggered", () => {
    const names = ["a", "b", "c", "d", "e"];
    const updates: Updates = new Map(names.map((name) => [name, denseGradient(layerBlock(name, 2, 3), V)]));
    const records = new Map(names.map((name) => [name, goodRecord()]));
    /** Steps on which each block is refreshed. */
    const refreshesOf = (refreshEvery: number, count: number) => {
      const seen: Record<string, number[]> = {};
      const method: CurvatureMethod<{ name: string }> = {
        ...(counting([]) as unknown as CurvatureMethod<{ name: string }>),
        init: ({ name }) => ({ name }),
        statistics: { observe: () => ({}), join: (state) => state },
        refresh(state, { step }) {
          seen[state.name] = [...(seen[state.name] ?? []), step];
          return state;
        },
      };
      run(method, { refreshEvery, stagger: true }, Array.from({ length: count }, () => ({ updates, records }))); // biome-ignore format: short
      return seen;
    };

    it("refresh all blocks on the first step, then each on a step of its own in every period", () => {
      expect(refreshesOf(3, 12)).toEqual({
        a: [0, 3, 6, 9],
        b: [0, 4, 7, 10],
        c: [0, 5, 8, 11],
        d: [0, 3, 6, 9],
        e: [0, 4, 7, 10],
      });
    });

    it("S12: refresh each block ceil(steps / f) times over whole periods", () => {
      for (const [refreshEvery, periods] of [
        [1, 4],
        [2, 5],
        [7, 3],
      ] as const) {
        for (const own of Object.values(refreshesOf(refreshEvery, refreshEvery * periods))) {
          expect(own).toHaveLength(periods);
        }
      }
    });

    it("is an option of second-order optimizers", () => {
      expect(kfac({ stagger: true }).config).toMatchObject({ stagger: true });
    });
  });

  it("throw UsageError for a period that is no whole number of steps, and for damping below 0", () => {
    expect(() => precondition(counting([]), { refreshEvery: 0 })).toThrow(/refreshEvery must be a whole number ≥ 1/);
    expect(() => precondition(counting([]), { statisticsEvery: 1.5 })).toThrow(UsageError);
    expect(() => run(counting([]), { damping: () => -1 }, steps(1))).toThrow(
      /damping custom: gives no finite number ≥ 0/,
    );
  });
});

describe("which gradients precondition changes", () => {
  it("those of layers that were seen; others keep their plain gradient", () => {
    const norm: Block = {
      name: "norm.scale",
      parameters: ["norm.scale"],
      shapes: [[5]],
      shape: [5],
      isLayer: false,
      hasBias: false,
      groups: 1,
    };
    const updates: Updates = new Map([
      ["layer", denseGradient(block, V)],
      ["unseen", denseGradient(layerBlock("unseen", 2, 3), V)],
      ["norm.scale", denseGradient(norm, random(3, [5]))],
    ]);
    const { directions } = run(counting([]), {}, [{ updates, record: goodRecord() }]);
    expect(directions[0]?.get("layer")?.dense()).toBeAllclose(scale(V, 10));
    expect(directions[0]?.get("unseen")).toBe(updates.get("unseen"));
    expect(directions[0]?.get("norm.scale")).toBe(updates.get("norm.scale"));
  });

  it("a layer that a step does not use keeps its state, and its gradient is preconditioned by it", () => {
    const log: string[] = [];
    const { directions, state } = run(counting(log), {}, [{ record: goodRecord() }, {}]);
    expect(log).toEqual(["update 0", "refresh 0", "precondition 0", "refresh 1", "precondition 1"]);
    expect(state().layer?.method).toEqual({ seen: 1, refreshed: 2 });
    expect(directions[1]?.get("layer")?.dense()).toBeAllclose(scale(V, 10));
  });

  it("a layer that is not there at all in a step keeps its state", () => {
    const { state } = run(counting([]), {}, [{ record: goodRecord() }, { updates: new Map() }]);
    expect(state().layer?.method).toEqual({ seen: 1, refreshed: 1 });
  });
});

describe("statistics that are not finite", () => {
  const bad = {
    "NaN in the inputs": recordOf(full([6, 3], Number.NaN, { dtype: "float64" }), random(3, [6, 2])),
    "an infinite output gradient": recordOf(
      random(2, [6, 3]),
      full([6, 2], Number.POSITIVE_INFINITY, { dtype: "float64" }),
    ),
    "squares that overflow": recordOf(full([6, 3], 1e30, { dtype: "float32" }), full([6, 2], 1, { dtype: "float32" })),
  };
  for (const [name, record] of Object.entries(bad)) {
    it(`are skipped and counted: ${name}`, () => {
      const log: string[] = [];
      const { reports, directions, state } = run(counting(log), {}, [{ record: goodRecord() }, { record }]);
      expect(log).toEqual(["update 0", "refresh 0", "precondition 0", "refresh 1", "precondition 1"]);
      expect(reports.skippedStatistics).toEqual([1]);
      expect(state().layer?.method).toEqual({ seen: 1, refreshed: 2 });
      expect(directions[1]?.get("layer")?.dense()).toBeAllclose(scale(V, 10));
    });
  }

  it("leave a layer its plain gradient when they are the first", () => {
    const { directions, state } = run(kfacCurvature(), {}, [{ record: bad["NaN in the inputs"] }]);
    expect(directions[0]?.get("layer")?.dense()).toBeAllclose(V);
    expect(state().layer).toEqual({ method: null, seen: false, fresh: false });
  });

  it("do not reach a method's refinement either", () => {
    const log: string[] = [];
    run(counting(log, true), {}, [{ record: goodRecord() }, { record: bad["NaN in the inputs"] }]);
    expect(log.filter((line) => line.endsWith("1"))).toEqual(["refresh 1", "precondition 1"]);
  });
});

describe("sameRows", () => {
  const input = random(2, [6, 3]);
  const grad = random(3, [6, 2]);
  const ofRows = (a: Tensor): Updates =>
    new Map([["layer", factoredGradient(block, { g: grad, a, scale: 1 / 6, hasBias: true })]]);
  /** What the method is told on each step. */
  const told = (options: PreconditionOptions, given: readonly Step[]) => {
    const seen: boolean[] = [];
    const method = counting([]);
    const watched: CurvatureMethod<{ seen: number; refreshed: number }> = {
      ...method,
      precondition(state, gradient, context) {
        seen.push(context.sameRows);
        return method.precondition(state, gradient, context);
      },
    };
    run(watched, options, given);
    return seen;
  };

  it("says that a gradient's factors are the rows of this step's statistics", () => {
    const step = { updates: ofRows(input), record: recordOf(input, grad) };
    expect(told({ statisticsEvery: 2 }, [step, step, step])).toEqual([true, false, true]);
  });

  it("is false for other rows, dense gradients, some of the examples, and drawn labels", () => {
    const record = recordOf(input, grad);
    const updates = ofRows(input);
    expect(told({}, [{ updates: ofRows(copy(input)), record }])).toEqual([false]);
    expect(told({}, [{ record }])).toEqual([false]);
    expect(told({ examples: someExamples(3) }, [{ updates, record }])).toEqual([false]);
    expect(told({ examples: someExamples(6) }, [{ updates, record }])).toEqual([true]);
    const drawn = layerRecord({ ...record, labels: "sampled" });
    expect(told({}, [{ updates, record: drawn }])).toEqual([false]);
  });
});

describe("groups of a convolution", () => {
  const geometry = {
    kind: "conv2d",
    kernel: [2, 2],
    stride: [1, 1],
    padding: [0, 0],
    dilation: [1, 1],
    groups: 2,
  } as const;
  const grouped: Block = {
    name: "conv",
    parameters: ["w", "b"],
    shapes: [[6, 2, 2, 2], [6]],
    shape: [6, 9],
    isLayer: true,
    hasBias: true,
    groups: 2,
  };
  const use = { input: random(1, [3, 4, 4, 4]), outputGrads: [random(2, [3, 6, 3, 3])] };
  const record = layerRecord({ name: "conv", geometry, hasBias: true, labels: "empirical", uses: [use] });
  const joint = random(3, [6, 9]);
  const updates: Updates = new Map([["conv", denseGradient(grouped, joint)]]);

  it("are preconditioned as layers of their own", () => {
    for (const method of [kfacCurvature(), skfacCurvature({ rank: null })] as CurvatureMethod[]) {
      const { directions, state } = run(method, {}, [{ updates, records: new Map([["conv", record]]) }]);
      const halves = [0, 1].map((k) => {
        const own: Block = { ...grouped, name: "layer", shape: [3, 9], groups: 1 };
        const part = new Map([["layer", denseGradient(own, slice(joint, [[3 * k, 3 * k + 3]]))]]);
        const alone = run(method, {}, [{ updates: part, record: record.group(k) }]);
        return alone.directions[0]?.get("layer")?.dense() as Tensor;
      });
      expect(directions[0]?.get("conv")?.dense()).toBeAllclose(concat(halves, 0));
      expect(Object.keys(state())).toEqual(["conv[group 0]", "conv[group 1]"]);
    }
  });

  it("are planned as so many blocks of their own", () => {
    const plan = planBlock(precondition(counting([])), grouped, 7);
    expect(plan).toEqual({ form: "2 × ([3, 9])", flops: 14, bytes: 16, precision: "float32" });
    expect(planBlock(precondition(counting([])), { ...grouped, isLayer: false }, 7)).toBeNull();
  });
});

describe("errors of a method", () => {
  it("name the layer whose factor cannot be inverted, and keep the numbers", () => {
    const record = recordOf(full([6, 3], 0, { dtype: "float64" }), random(3, [6, 2]));
    const failing = () => run(kfacCurvature({ pi: false }), { damping: 0 }, [{ record }]);
    expect(failing).toThrow(NumericalError);
    expect(failing).toThrow(/^layer: dampedInverse: A \+ μI is not positive definite \(pivot 0 .*\)\. Raise damping/);
    try {
      failing();
    } catch (error) {
      expect((error as NumericalError).details).toMatchObject({ pivot: 0 });
    }
  });

  it("leave no tensor behind", () => {
    const record = recordOf(full([6, 3], 0, { dtype: "float64" }), random(3, [6, 2]));
    const optimizer = new Optimizer({
      name: "test",
      learningRate: 1,
      chain: precondition(kfacCurvature(), { damping: 0 }),
    });
    const given = { updates: gradients(), records: new Map([["layer", record]]) };
    const before = cpu.memory.tensors;
    expect(() => optimizer.update(given.updates, { parameters: {}, step: 0, records: given.records })).toThrow(
      NumericalError,
    );
    expect(cpu.memory.tensors).toBe(before);
  });
});
