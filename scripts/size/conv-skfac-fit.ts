/** The same training through `fit`, with its events, evaluation and data sets; `npm run size` measures what a browser would load for it. */
import {
  Conv2d,
  type Dataset,
  Dense,
  fit,
  flatten,
  maxPool2d,
  Rng,
  relu,
  Sequential,
  skfac,
  softmaxCrossEntropy,
} from "kronograd";

/** Train on images [N, 1, 28, 28] and return the accuracy after each epoch. */
export async function trainConvNet(data: Dataset): Promise<number[]> {
  const rng = new Rng(0);
  const model = new Sequential(
    [
      new Conv2d({ in: 1, out: 16, kernel: 5 }),
      relu(),
      maxPool2d(2),
      flatten(),
      new Dense({ in: 16 * 12 * 12, out: 10 }),
    ],
    { rng },
  );
  const accuracies: number[] = [];
  const run = fit({ model, loss: softmaxCrossEntropy(), data, optimizer: skfac(), batch: 128, epochs: 3, rng });
  for await (const event of run) if (event.type === "eval") accuracies.push(event.metrics.accuracy ?? 0);
  return accuracies;
}
