/** Regression on the outputs of a random network: a target that a student of the same form can reach exactly. */

import type { Rng } from "@kronograd/tensor";
import type { Column } from "../column.ts";
import { type Dataset, defineDataset } from "../dataset.ts";
import { checkCount, checkNumber, type SyntheticOptions, sourceOf, streams } from "./generate.ts";

/** Settings of `teacherStudent`. */
export interface TeacherStudentOptions extends SyntheticOptions {
  /** Features of an input. Default 10. */
  readonly inputs?: number;
  /** Widths of the teacher's hidden layers. Default [16]. */
  readonly hidden?: readonly number[];
  /** Numbers to predict. Default 1. */
  readonly outputs?: number;
  /** Standard deviation of the normal noise on the targets of both splits. Default 0. */
  readonly noise?: number;
}

/** One layer of the teacher: y = x Wᵀ + b, and tanh after all but the last. */
export interface TeacherLayer {
  /** [out, in], row-major. */
  readonly weight: Float64Array;
  /** [out] */
  readonly bias: Float64Array;
}

/** A regression set with the network that made its targets. */
export interface TeacherStudent extends Dataset<Column, Column> {
  readonly teacher: readonly TeacherLayer[];
}

/**
 * Make normal inputs and the outputs of a random tanh network for them.
 *
 * The teacher's weights are normal with variance 1/in and its biases normal with variance 1/10, so that its units are
 * neither linear nor saturated.
 *
 * @throws {UsageError}  a setting out of its range
 * @example
 * teacherStudent({ rng: new Rng(0), inputs: 4, hidden: [8, 8], outputs: 2 }).teacher.length;   // 3
 */
export function teacherStudent(options: TeacherStudentOptions): TeacherStudent {
  const { rng, inputs = 10, hidden = [16], outputs = 1, noise = 0, train = 1000, test = 1000 } = options;
  const name = "teacherStudent";
  for (const [setting, value] of Object.entries({ inputs, outputs, train, test })) checkCount(name, setting, value);
  for (const width of hidden) checkCount(name, "hidden", width);
  checkNumber(name, "noise", noise, 0);
  const own = streams(name, rng);
  const widths = [inputs, ...hidden, outputs];
  const teacher = widths.slice(1).map((width, layer) => randomLayer(own.fixed, widths[layer]!, width));
  const draw = (stream: Rng, count: number) => {
    const x = Float64Array.from({ length: count * inputs }, () => stream.normal());
    const y = new Float64Array(count * outputs);
    for (let row = 0; row < count; row++)
      y.set(teach(teacher, x.subarray(row * inputs, (row + 1) * inputs)), row * outputs);
    return { inputs: x, targets: noise > 0 ? y.map((value) => value + noise * stream.normal()) : y };
  };
  const dataset = defineDataset({
    name,
    task: "regression",
    inputShape: [inputs],
    targetShape: [outputs],
    train: draw(own.train, train),
    test: draw(own.test, test),
    source: sourceOf(name, rng, { inputs, hidden, outputs, noise, train, test }),
  });
  return { ...dataset, teacher };
}

/** The teacher's output for one input [in]. */
function teach(teacher: readonly TeacherLayer[], input: Float64Array): Float64Array {
  let a = input;
  teacher.forEach(({ weight, bias }, layer) => {
    const width = a.length;
    const z = bias.map((b, i) => a.reduce((sum, value, j) => sum + weight[i * width + j]! * value, b)); // [out]
    a = layer === teacher.length - 1 ? z : z.map(Math.tanh);
  });
  return a;
}

function randomLayer(rng: Rng, inputs: number, outputs: number): TeacherLayer {
  const scale = 1 / Math.sqrt(inputs);
  return {
    weight: Float64Array.from({ length: outputs * inputs }, () => scale * rng.normal()),
    bias: Float64Array.from({ length: outputs }, () => Math.sqrt(0.1) * rng.normal()),
  };
}
