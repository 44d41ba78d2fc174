import * as k from "kronograd";

// Three numbers follow from two; some were never measured: they stand as 0, and a weight of 0 says so.
const measurements = (rng: k.Rng, count: number, missing: number) => {
  const inputs = Array.from({ length: count }, () => [rng.normal(), rng.normal()] as const);
  const weights = inputs.map(() => [0, 1, 2].map(() => Number(rng.uniform() >= missing)));
  const targets = inputs.map(([x, y], i) =>
    [Math.sin(x), x * y, Math.cos(y)].map((value, j) => value * (weights[i]?.[j] as number)),
  );
  return { inputs, targets, weights };
};
const rng = new k.Rng(0);
const [train, test] = [measurements(rng.fork("train"), 800, 0.5), measurements(rng.fork("test"), 200, 0)];
const run = k.fit({
  model: k.mlp([2, 32, 32, 3], { activation: k.tanh, rng }),
  data: k.defineDataset({ name: "half measured", task: "regression", train, test, source: "made up" }),
  loss: k.meanSquaredError(),
  optimizer: k.skfac({ learningRate: 0.01, damping: 0.03 }),
  metrics: [k.r2(), k.absoluteError()],
  earlyStopping: k.earlyStopping({ metric: "r2", patience: 4 }),
  ...{ batch: 40, epochs: 15, evaluateEvery: 20, rng },
});
for await (const event of run) {
  if (event.type === "eval" && event.split === "test") console.log(event.step, event.metrics);
}
