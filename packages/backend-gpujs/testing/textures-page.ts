/** A page's program: 2,000 steps of gradient descent on a product, strict, and how many textures there are before and after. */

import { type GpujsBackend, gpujsProvider } from "@kronograd/backend-gpujs";
import { Device, matmul, mul, scale, scope, sub, sum, tensor, transpose } from "@kronograd/tensor";

declare const report: (value: unknown) => void;

const backend = (await gpujsProvider.create({})) as GpujsBackend;
const device = new Device(backend, { strict: true });
const X = tensor(
  [
    [1, 2],
    [3, 4],
    [5, 6],
  ],
  { device },
);
const Y = tensor([[1], [2], [3]], { device });
let w = tensor([[0], [0]], { device });
let start = 0;
const losses: number[] = [];
for (let step = 0; step < 2000; step++) {
  const next = scope(() => {
    const error = sub(matmul(X, w), Y);
    return { w: sub(w, scale(matmul(transpose(X), error), 0.01)), loss: sum(mul(error, error)) };
  });
  w.dispose();
  w = next.w;
  if (step % 500 === 0) losses.push(await next.loss.item());
  next.loss.dispose();
  if (step === 5) start = backend.counts.textures;
}
report({ start, end: backend.counts.textures, losses, hostCalls: backend.counts.hostCalls });
