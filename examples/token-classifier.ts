import * as k from "kronograd";

// Sequences that count up in steps of 1, 2 or 3; one token of each is hidden and to be found. -100: no label here.
const [length, vocabulary, hidden] = [6, 10, 10];
const sequences = (rng: k.Rng, count: number) => {
  const rows = Array.from({ length: count }, () => {
    const [start, stride, place] = [rng.integer(vocabulary), 1 + rng.integer(3), rng.integer(length)];
    return Array.from({ length }, (_, i) => ({ token: (start + stride * i) % vocabulary, isHidden: i === place }));
  });
  const inputs = rows.map((row) => row.map(({ token, isHidden }) => (isHidden ? hidden : token)));
  const targets = rows.map((row) => row.map(({ token, isHidden }) => (isHidden ? token : -100)));
  return { inputs: { values: inputs, prepare: "integers" as const }, targets };
};
const rng = new k.Rng(0);
const [train, test] = [sequences(rng.fork("train"), 600), sequences(rng.fork("test"), 200)];
const about = { name: "counting", task: "classification", classes: vocabulary, ignoreIndex: -100 } as const;
const run = k.fit({
  model: new k.Sequential(
    [
      new k.Embedding({ count: vocabulary + 1, features: 8 }),
      ...[k.flatten(), new k.Dense({ in: 8 * length, out: 64 }), k.relu()],
      ...[new k.Dense({ in: 64, out: length * vocabulary }), k.reshapeTo([length, vocabulary])],
    ],
    { rng },
  ),
  data: k.defineDataset({ ...about, train, test, source: "made up" }),
  loss: k.softmaxCrossEntropy({ ignoreIndex: -100 }),
  optimizer: k.adam({ learningRate: 0.01 }),
  metrics: [k.accuracy(), k.perplexity()],
  ...{ batch: 50, epochs: 8, evaluateEvery: 32, rng },
});
for await (const event of run) if (event.type === "eval") console.log(event.step, event.metrics);
