/** What every curvature method must hold, claimed or not. */

import { denseGradient, factoredGradient, type Gradient, type LayerRecord, layerRecord } from "@kronograd/autograd";
import {
  disposeState,
  mapTensors,
  precondition,
  refreshByHand,
  replaceState,
  type StateTree,
  type StepContext,
} from "@kronograd/optimizers";
import { cpu, frobenius2, full, mul, normal, Rng, scope, sub, type Tensor, tensor, zeros } from "@kronograd/tensor";
import { type HostArray, hostArray } from "@kronograd/testkit";
import { must, mustBeFinite, mustEqual } from "../must.ts";
import {
  type AnyMethod,
  blockOf,
  contextOf,
  directionOf,
  hasBias,
  preconditioner,
  type Rows,
  randomBlock,
  randomRows,
  recordOf,
  stateAfter,
} from "./bench.ts";
import type { Statement } from "./statement.ts";

const size = { in: 4, out: 3 };
const damping = 0.1;
/** float32 factors of condition up to 100. */
const float32Tolerance = 1e-3;
/** The same mathematics in another order. */
const sameTolerance = 1e-8;

const rowsFor = (label: string, examples = 9): Rows => randomRows(examples, size, new Rng(3).fork(label));
const gradientFor = (method: AnyMethod, label = "gradient"): Tensor =>
  randomBlock(method, size, new Rng(5).fork(label));
const float64 = { dtype: "float64" } as const;

const statements: readonly Omit<Statement, "claim">[] = [
  {
    says: "it gives a direction in the gradient's shape for few and for many examples",
    prove(method) {
      for (const examples of [1, 2, 5, 40]) {
        const V = gradientFor(method);
        const direction = preconditioner(method, rowsFor("many", examples), damping)(V);
        mustEqual(
          `shape, ${examples} examples`,
          direction.shape.length === 2 ? [...direction.shape] : [],
          [...V.shape],
          0,
        );
        mustBeFinite(`direction, ${examples} examples`, direction.dataSync());
      }
    },
  },
  {
    says: "it turns a zero gradient into a zero direction",
    prove(method) {
      const { shape } = blockOf(method, size);
      mustEqual(
        "direction",
        preconditioner(method, rowsFor("zero"), damping)(zeros(shape, float64)),
        zeros(shape, float64),
        0,
      );
    },
  },
  {
    says: "it stays finite for a layer whose output gradients are zero",
    prove(method) {
      const rows = rowsFor("dead");
      const dead = { ...rows, outputGrads: zeros(rows.outputGrads.shape, float64) };
      mustBeFinite("direction", preconditioner(method, dead, damping)(gradientFor(method)).dataSync());
    },
  },
  {
    says: "it is the same after saving and loading, bit for bit",
    prove(method) {
      const block = blockOf(method, size);
      const first = stateAfter(method, block, recordOf(method, rowsFor("first")), damping);
      const loaded = reload(first);
      const gradient = denseGradient(block, gradientFor(method));
      mustEqual(
        "direction",
        directionOf(method, loaded, gradient, damping),
        directionOf(method, first, gradient, damping),
        0,
      );
      const next = (state: StateTree) => stateAfter(method, block, recordOf(method, rowsFor("second")), damping, state);
      mustEqual(
        "direction a batch later",
        directionOf(method, next(loaded), gradient, damping),
        directionOf(method, next(first), gradient, damping),
        0,
      );
    },
  },
  {
    says: "it takes in a second batch",
    prove(method) {
      if (method.statistics === undefined) return;
      const block = blockOf(method, size);
      const first = stateAfter(method, block, recordOf(method, rowsFor("first")), damping);
      const [same, other] = (["first", "second"] as const).map((label) => {
        const state = stateAfter(method, block, recordOf(method, rowsFor(label)), damping, first);
        return directionOf(method, state, denseGradient(block, gradientFor(method)), damping);
      }) as [Tensor, Tensor];
      const change = Math.sqrt(frobenius2(sub(same, other)).itemSync() / frobenius2(same).itemSync());
      must(`another second batch changes the direction by ${change} of its length`, change > 1e-6);
    },
  },
  {
    says: "it leaves gradients and records as they are",
    prove(method) {
      const rows = rowsFor("kept");
      const V = gradientFor(method);
      const before = [rows.inputs, rows.outputGrads, V].map((t) => t.dataSync());
      preconditioner(method, rows, damping)(V);
      [rows.inputs, rows.outputGrads, V].forEach((t, i) => {
        must("an argument was disposed of", !t.disposed);
        mustEqual("an argument", t, { shape: t.shape, data: before[i]! }, 0);
      });
    },
  },
  {
    says: "it works in float32 and gives float32",
    prove(method) {
      const rows = rowsFor("float32");
      const V = gradientFor(method);
      const narrow = (t: Tensor) => tensor(Float32Array.from(t.dataSync()), { shape: t.shape });
      const direction = preconditioner(
        method,
        { inputs: narrow(rows.inputs), outputGrads: narrow(rows.outputGrads) },
        damping,
      )(narrow(V));
      must(`the direction is ${direction.dtype}`, direction.dtype === "float32");
      mustEqual("direction against float64", direction, preconditioner(method, rows, damping)(V), float32Tolerance);
    },
  },
  {
    says: "it treats a factored gradient as the product of its factors",
    prove(method) {
      const block = blockOf(method, size);
      const state = stateAfter(method, block, recordOf(method, rowsFor("factors")), damping);
      const { inputs, outputGrads } = rowsFor("factors of the gradient");
      const factored = factoredGradient(block, { g: outputGrads, a: inputs, scale: 1 / 9, hasBias: block.hasBias });
      const dense = denseGradient(
        block,
        factoredGradient(block, { g: outputGrads, a: inputs, scale: 1 / 9, hasBias: block.hasBias }).dense(),
      );
      mustEqual(
        "direction",
        directionOf(method, state, factored, damping),
        directionOf(method, state, dense, damping),
        sameTolerance,
      );
    },
  },
  {
    says: "it works on a convolution",
    prove(method) {
      const block = {
        ...blockOf(method, { in: 8, out: 3 }),
        shapes: [[3, 2, 2, 2], ...(hasBias(method) ? [[3]] : [])],
      };
      const state = stateAfter(method, block, convolutionRecord(method), damping);
      const direction = directionOf(
        method,
        state,
        denseGradient(block, normal(new Rng(9), block.shape, float64)),
        damping,
      );
      mustEqual("shape", [...direction.shape], [...block.shape], 0);
      mustBeFinite("direction", direction.dataSync());
    },
  },
  {
    says: "it refreshes on schedule and stays as it is between refreshes",
    prove(method) {
      if (method.refresh === undefined) return; // always fresh
      let refreshes = 0;
      const counted: AnyMethod = {
        ...method,
        refresh(state, context) {
          refreshes += 1;
          return refreshByHand(method, state, context);
        },
      };
      const directions: HostArray[] = [];
      drive(counted, { refreshEvery: 3 }, 7, (_, direction) => void directions.push(hostArray(direction)));
      must(`${refreshes} refreshes in 7 steps with refreshEvery 3, not 3`, refreshes === 3);
      mustEqual("direction of step 1 against step 0", directions[1]!, directions[0]!, 0);
      mustEqual("direction of step 5 against step 3", directions[5]!, directions[3]!, 0);
    },
  },
  {
    says: "it never lets statistics that are not finite into its state",
    prove(method) {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const spoilt = (step: number): Rows => {
          const rows = rowsFor(`step ${step}`);
          return step === 2 ? mapRows(rows, (t) => mul(t, full([1], bad, float64))) : rows;
        };
        drive(
          method,
          {},
          5,
          (step, direction) => mustBeFinite(`direction of step ${step}, ${bad} at step 2`, direction.dataSync()),
          spoilt,
        );
      }
    },
  },
  {
    says: "it holds no more memory after many steps than after a few",
    prove(method) {
      const before = { ...cpu.memory };
      const counts: number[] = [];
      scope(() => drive(method, { refreshEvery: 2 }, 12, () => void counts.push(cpu.memory.buffers)));
      must(`${counts[5]} buffers at step 5, ${counts[11]} at step 11`, counts[11]! <= counts[5]!);
      must(
        `${cpu.memory.buffers - before.buffers} buffers are left when the state is dropped`,
        cpu.memory.buffers === before.buffers,
      );
    },
  },
  {
    says: "it shows finite matrices",
    prove(method) {
      const block = blockOf(method, size);
      const state = stateAfter(method, block, recordOf(method, rowsFor("shown")), damping);
      const { matrices = {}, spectra = {} } = method.inspect?.(state) ?? {};
      for (const [name, t] of Object.entries({ ...matrices, ...spectra })) mustBeFinite(name, t.dataSync());
    },
  },
];

/** Every statement, proved in a scope of its own. */
export const mustStatements: readonly Statement[] = statements.map(({ says, prove }) => ({
  says,
  claim: null,
  prove: (method) => scope(() => prove(method)),
}));

const mapRows = (rows: Rows, f: (t: Tensor) => Tensor): Rows => ({
  inputs: f(rows.inputs),
  outputGrads: f(rows.outputGrads),
});

/** A state through plain numbers, as a checkpoint would keep it. */
function reload(state: StateTree): StateTree {
  return mapTensors(state, (t) => tensor(t.dataSync(), { shape: t.shape }));
}

/** Run a method through its driver on the same gradient, with new rows at each step. */
function drive(
  method: AnyMethod,
  periods: { statisticsEvery?: number; refreshEvery?: number },
  steps: number,
  see: (step: number, direction: Tensor) => void,
  rowsAt: (step: number) => Rows = (step) => rowsFor(`step ${step}`),
): void {
  const block = blockOf(method, size);
  const transform = precondition(method, { damping, ...periods });
  const gradient = denseGradient(block, gradientFor(method));
  const gradients: ReadonlyMap<string, Gradient> = new Map([[block.name, gradient]]);
  let state: StateTree | undefined;
  for (let step = 0; step < steps; step++) {
    state = scope(() => {
      const context = stepContext(step, gradients, recordOf(method, rowsAt(step)));
      const result = transform.update(gradients, (state ?? transform.init(gradients, context)) as never, context);
      see(step, result.updates.get(block.name)!.dense());
      return replaceState(state, result.state as StateTree);
    });
  }
  disposeState(state);
}

function stepContext(step: number, gradients: ReadonlyMap<string, Gradient>, record: LayerRecord): StepContext {
  return {
    ...contextOf(damping, step),
    learningRate: 0.1,
    rateOf: () => 1,
    parameters: {},
    gradients,
    records: new Map([[record.name, [record]]]),
    report: (name) => must(`step ${step}: no damping made a refresh succeed`, name !== "failedRefreshes"),
    guard: () => {},
    mark: () => {},
  };
}

/** A 2×2 convolution of two channels on 4×4 images: 9 positions. */
function convolutionRecord(method: AnyMethod): LayerRecord {
  const rng = new Rng(11);
  const labels = method.needs.outputGrads;
  return layerRecord({
    name: "layer",
    geometry: { kind: "conv2d", kernel: [2, 2], stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 },
    hasBias: hasBias(method),
    labels: labels ?? "empirical",
    uses: [
      {
        input: normal(rng, [5, 2, 4, 4], float64),
        outputGrads: labels === undefined ? [] : [normal(rng, [5, 3, 3, 3], float64)],
      },
    ],
  });
}
