/** TensorFlow.js: its WebAssembly backend, its WebGPU backend, and the JavaScript one, which trains a convolution in any Node. */

import { type Contender, type Turn, timed, timedUntil } from "../contender.ts";
import { type Job, rowLength } from "../job.ts";
import { loadRival } from "../rivals/install.ts";

// biome-ignore lint/suspicious/noExplicitAny: a package that may not be installed has no types here
type Tf = any;

/** Largest products for the JavaScript backend, in flops: it takes seconds for more. */
const patience = 3e8;

/** Open one of its backends. */
export async function tfjs(backend: "wasm" | "webgpu" | "cpu"): Promise<Contender | string> {
  const tf = loadRival<Tf>("@tensorflow/tfjs-core");
  if (typeof tf === "string") return tf;
  tf.enableProdMode();
  // tfjs-layers brings the gradients of tfjs-core's ops, which its Node bundle leaves out
  for (const part of ["backend-cpu", `backend-${backend}`, "layers"]) {
    const loaded = loadRival(`@tensorflow/tfjs-${part}`);
    if (typeof loaded === "string") return loaded;
  }
  await tf.setBackend(backend);
  await tf.ready();
  const choose = () => {
    if (tf.getBackend() !== backend) tf.setBackend(backend);
  };
  return {
    name: `tfjs-${backend}`,
    about: `TensorFlow.js ${tf.version_core}, ${backend}`,
    prepare(job) {
      if (job.kind === "gemm" && backend === "cpu" && 2 * job.m * job.n * job.k > patience) return "would take seconds";
      choose();
      const made = prepare(tf, job);
      if (typeof made === "string") return made;
      const { once, inputs } = made;
      const work = () => {
        const result = once();
        if (backend === "cpu") result.dataSync();
        result.dispose();
      };
      const { run } = backend === "webgpu" ? timedUntil(() => drained(tf), work) : timed(work);
      const turn: Turn = {
        run(repetitions) {
          choose();
          return run(repetitions);
        },
        release() {
          choose();
          for (const t of inputs) t.dispose();
        },
      };
      return attempt(turn);
    },
  };
}

/** A kernel that a backend lacks shows when it is first called. */
async function attempt(turn: Turn): Promise<Turn | string> {
  try {
    await turn.run(1);
    return turn;
  } catch (error) {
    return `cannot: ${(error as Error).message.split("\n", 1)[0]?.slice(0, 80)}`;
  }
}

/** Until the WebGPU backend has run what it was given. */
function drained(tf: Tf): Promise<unknown> {
  const backend = tf.backend();
  if (backend.commandEncoder !== null) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
  return backend.queue.onSubmittedWorkDone();
}

interface Made {
  readonly once: () => Tf;
  readonly inputs: readonly Tf[];
}

function prepare(tf: Tf, job: Job): Made | string {
  switch (job.kind) {
    case "gemm": {
      if (job.float64 === true) return "has no float64";
      const inputs = [tf.randomUniform([job.m, job.k]), tf.randomUniform([job.k, job.n])];
      return { inputs, once: () => tf.matMul(...inputs) };
    }
    case "conv":
      return convolution(tf, job);
    case "elementwise": {
      const x = tf.randomUniform([job.length / rowLength, rowLength]);
      const y = tf.randomUniform(x.shape);
      const by = {
        add: () => tf.add(x, y),
        relu: () => tf.relu(x),
        exp: () => tf.exp(x),
        softmax: () => tf.softmax(x),
      };
      const once = by[job.op as keyof typeof by];
      return once === undefined ? `has no ${job.op}` : { inputs: [x, y], once };
    }
    case "step":
      return job.net === "lenet" && job.method === "sgd" ? lenetStep(tf, job.batch) : "is not set up for this step";
    default:
      return `has no ${job.kind}`;
  }
}

function convolution(tf: Tf, job: Extract<Job, { kind: "conv" }>): Made {
  const { images, channels, outputs, size, kernel } = job;
  const x = tf.randomUniform([images, size, size, channels]);
  const dy = tf.randomUniform([images, size, size, outputs]);
  const filter = tf.randomUniform([kernel, kernel, channels, outputs]);
  const params = { strides: [1, 1], pad: "same", dataFormat: "NHWC", dimRoundingMode: undefined };
  const call = (name: string, given: object, more: object) => () =>
    tf.engine().runKernel(name, given, { ...params, ...more });
  const once = {
    forward: () => tf.conv2d(x, filter, 1, "same"),
    "input gradient": call("Conv2DBackpropInput", { dy, filter }, { inputShape: x.shape }),
    "weight gradient": call("Conv2DBackpropFilter", { x, dy }, { filterShape: filter.shape }),
  }[job.pass];
  return { inputs: [x, dy, filter], once };
}

/** LeNet, with momentum; images are [N, 28, 28, 1]. */
function lenetStep(tf: Tf, batch: number): Made {
  const weights = [[5, 5, 1, 16], [16], [5, 5, 16, 32], [32], [32 * 49, 128], [128], [128, 10], [10]].map((shape) =>
    tf.variable(tf.randomUniform(shape, -0.05, 0.05)),
  );
  const [w1, b1, w2, b2, w3, b3, w4, b4] = weights;
  const images = tf.randomUniform([batch, 28, 28, 1], -1, 1);
  const labels = tf.oneHot(
    Int32Array.from({ length: batch }, (_, i) => (i * 7) % 10),
    10,
  );
  const optimizer = tf.train.momentum(1e-4, 0.9);
  const loss = () => {
    const first = tf.maxPool(tf.relu(tf.add(tf.conv2d(images, w1, 1, "same"), b1)), 2, 2, "valid");
    const second = tf.maxPool(tf.relu(tf.add(tf.conv2d(first, w2, 1, "same"), b2)), 2, 2, "valid");
    const hidden = tf.relu(tf.add(tf.matMul(tf.reshape(second, [batch, -1]), w3), b3));
    return tf.losses.softmaxCrossEntropy(labels, tf.add(tf.matMul(hidden, w4), b4));
  };
  return { inputs: [...weights, images, labels], once: () => optimizer.minimize(loss, true) };
}
