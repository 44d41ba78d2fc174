import * as k from "kronograd";

// A picture of 8 × 8 bytes with a bright bar, and a word that asks: is it upright (0), or is it level (1)?
const questions = (rng: k.Rng, count: number) => {
  const rows = Array.from({ length: count }, () => [0, 1].map(() => rng.integer(2)).concat(rng.integer(8)));
  const pixels = rows.flatMap(([, isLevel, at]) =>
    Array.from({ length: 64 }, (_, i) => 200 * Number(at === (isLevel ? i >> 3 : i % 8)) + rng.integer(50)),
  );
  const picture = { values: Uint8Array.from(pixels), shape: [1, 8, 8], prepare: { mean: [0.2], deviation: [0.3] } };
  const word = { values: Int32Array.from(rows, ([asked = 0]) => asked), shape: [] };
  return { inputs: { picture, word }, targets: rows.map(([asked, isLevel]) => Number(asked === isLevel)) };
};
const rng = new k.Rng(0);
const [train, test] = [questions(rng.fork("train"), 600), questions(rng.fork("test"), 200)];
const conv = new k.Conv2d({ in: 1, out: 8, kernel: 3, padding: 1 });
const eye = new k.Sequential([conv, k.relu(), k.maxPool2d(4), k.flatten(), new k.Dense({ in: 32, out: 16 })]);
const layers = { eye, ear: new k.Embedding({ count: 2, features: 16 }), head: new k.Dense({ in: 16, out: 2 }) };
const run = k.fit({
  model: k.model(
    layers,
    (x: { picture: k.Tensor; word: k.Tensor }, { eye, ear, head }) => head(k.mul(eye(x.picture), ear(x.word))),
    { rng },
  ),
  data: k.defineDataset({ name: "bars", task: "classification", classes: 2, train, test, source: "made up" }),
  loss: k.softmaxCrossEntropy(),
  optimizer: k.skfac({ learningRate: 0.03, damping: 0.03 }),
  ...{ batch: 50, epochs: 6, evaluateEvery: 24, rng },
});
for await (const event of run) if (event.type === "eval") console.log(event.step, event.metrics);
