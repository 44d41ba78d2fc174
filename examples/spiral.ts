import { createDevice, fit, mlp, Rng, schedules, skfac, softmaxCrossEntropy, spiral, tanh } from "kronograd";

const device = await createDevice("auto"); // the fastest backend that really runs here; device.why says why
const rng = new Rng(0); // all randomness is explicit: the same seed gives the same bits

const run = fit({
  model: mlp([2, 32, 32, 2], { activation: tanh, rng, device }), // or any Sequential of layers
  data: spiral({ rng, turns: 1.5 }), // or mnist({ dir }), csv(...), your own arrays
  loss: softmaxCrossEntropy(),
  optimizer: skfac({ learningRate: schedules.linear(0.03, 0, 400), damping: 0.003 }),
  batch: 64,
  steps: 400,
  evaluateEvery: 100,
  rng,
});
// A run is a stream of events, and goes on as fast as they are read.
for await (const event of run) {
  if (event.type === "eval") console.log(`step ${event.step}: accuracy ${event.metrics.accuracy} on test points`);
}
