/** Arbitrary experiments, as a link, a command and a file can say them. */

import fc from "fast-check";
import type { Experiment } from "../src/experiment.ts";
import type { OptionValue } from "../src/text/call.ts";

const count = fc.integer({ min: 1, max: 1e6 });
const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const texts = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => text.trim() === text);
const value: fc.Arbitrary<OptionValue> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
  fc.boolean(),
  fc.constant(null),
  texts,
  fc.constantFrom("linear(1,0.01)", "warmup(100,cosine(0.1,2000,0))", "adaptive(0.1)", "0.1", "null", "a;b"),
);
const options = fc.dictionary(fc.constantFrom("learningRate", "damping", "momentum", "labels"), value, {
  noNullPrototype: true,
});
const rivals = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[a-z][\w-]{0,6}$/),
    optimizer: fc.constantFrom("sgd", "adam", "kfac", "skfac", "./mine/own.ts"),
    options,
  }),
  { selector: ({ name }) => name, maxLength: 4 },
);

/** Experiments with some of their settings given. */
export const experiments: fc.Arbitrary<Experiment> = fc
  .record(
    {
      data: fc.oneof(fc.constantFrom("mnist", "spiral(turns=1.5,noise=0.02)", "my table.csv"), texts),
      task: fc.constantFrom("classification", "regression"),
      model: fc.constantFrom("mlp:128,64", "lenet", "mlp:32,32(activation=tanh)", "./net.ts"),
      loss: fc.constantFrom("huber(delta=2)", "softmaxCrossEntropy", "./loss.ts"),
      schedule: fc.constantFrom("linear", "cosine", "constant"),
      steps: count,
      epochs: positive,
      seconds: positive,
      until: fc.constantFrom("eval.loss<0.05", "eval.accuracy >= 0.98"),
      batch: count,
      microBatch: count,
      seed: fc.nat(),
      seeds: count,
      dtype: fc.constantFrom("float32", "float64"),
      evaluateEvery: count,
      target: positive,
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .chain((settings) => rivals.map((list) => ({ ...settings, rivals: list }) as Experiment));
