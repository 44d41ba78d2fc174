import { execFileSync } from "node:child_process";
import {
  BackendError,
  createDevice,
  Device,
  dispatch,
  exp,
  full,
  matmul,
  opRegistry,
  Rng,
  type Sample,
  type Shape,
  scope,
  tensor,
  UsageError,
} from "@kronograd/tensor";
import "@kronograd/linalg";
import { describe, expect, it } from "vitest";
import { guards } from "../../testing/guards.ts";
import { fillBytes, int, integers, Module } from "../engine/assembler.ts";
import { openWasm } from "../index.ts";
import { type Callee, word } from "./board.ts";
import { startPool } from "./pool.ts";

/** Backends of one, two and three threads that divide whatever has an operation to divide. */
const backends = await Promise.all([1, 2, 3].map((threads) => openWasm({ threads, forkFrom: 1, guards })));
const devices = backends.map((backend) => new Device(backend));

/** Jobs that were given to several threads so far, of each backend that has them. */
const jobs = () => backends.flatMap(({ pool }) => pool?.board.control[word.sequence] ?? []);

/** Bits of an op's outputs, over inputs of these shapes, on a device. */
function bits(device: Device, name: string, { inputs, params }: Sample<unknown>): Int32Array[] {
  return scope(() => {
    const rng = new Rng(1);
    const drawn = inputs.map(({ shape }) => {
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal());
      return tensor(values, { shape, device });
    });
    return dispatch(opRegistry.get(name)!, drawn, params).map((t) => {
      const values = t.dataSync();
      return new Int32Array(values.slice().buffer);
    });
  });
}

const shapes = (...all: Shape[]) => all.map((shape) => ({ shape }));
const window = { kernel: [3, 2], stride: [2, 1], padding: [1, 0], dilation: [1, 1] } as const;

const cases: Readonly<Record<string, (rng: Rng) => Sample<unknown>>> = {
  matmul: (rng) => {
    const [m, k, n] = [1 + rng.integer(150), 1 + rng.integer(300), 1 + rng.integer(150)];
    return { inputs: shapes([m, k], [k, n]), params: null };
  },
  "matmul of batches": (rng) => {
    const [b, m, k, n] = [1 + rng.integer(9), 1 + rng.integer(30), 1 + rng.integer(30), 1 + rng.integer(30)];
    return { inputs: shapes([b, m, k], [b, k, n]), params: null };
  },
  linear: (rng) => {
    const [m, k, n] = [1 + rng.integer(150), 1 + rng.integer(300), 1 + rng.integer(150)];
    return { inputs: shapes([m, k], [n, k], [n]), params: null };
  },
  syrk: (rng) => ({ inputs: shapes([1 + rng.integer(150), 1 + rng.integer(400)]), params: null }),
  conv2d: (rng) => {
    const { x, weight, params } = convolution(rng);
    return { inputs: shapes(x, weight, [weight[0]!]), params };
  },
  conv2dInputGrad: (rng) => {
    const { x, weight, grad, params } = convolution(rng);
    return { inputs: shapes(grad, weight), params: { ...params, size: x.slice(2) } };
  },
  conv2dWeightGrad: (rng) => {
    const { x, weight, grad, params } = convolution(rng);
    return { inputs: shapes(x, grad), params: { ...params, kernel: weight.slice(2) } };
  },
  "conv2d of small windows": (rng) => {
    const { x, weight, params } = smallWindows(rng);
    return { inputs: shapes(x, weight, [weight[0]!]), params };
  },
  "conv2dInputGrad of small windows": (rng) => {
    const { x, weight, grad, params } = smallWindows(rng);
    return { inputs: shapes(grad, weight), params: { ...params, size: x.slice(2) } };
  },
  "conv2dWeightGrad of small windows": (rng) => {
    const { x, grad, params } = smallWindows(rng);
    return { inputs: shapes(x, grad), params: { ...params, kernel: [3, 3] } };
  },
  "conv2dWeightGrad of parts of the images": (rng) => {
    const [n, channels] = [8 + rng.integer(30), 1 + rng.integer(12)];
    const inputs = shapes([n, channels, 16, 16], [n, 4 + rng.integer(9), 16, 16]);
    return { inputs, params: { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1, kernel: [3, 3] } };
  },
  im2col: (rng) => ({ inputs: shapes(images(rng)), params: window }),
  patchSum: (rng) => ({ inputs: shapes(images(rng)), params: window }),
  maxPool2d: (rng) => ({ inputs: shapes(images(rng)), params: window }),
  avgPool2d: (rng) => ({ inputs: shapes(images(rng)), params: { ...window, countIncludePad: true } }),
  batchNorm: (rng) => {
    const x = images(rng);
    return { inputs: shapes(x, [x[1]!], [x[1]!]), params: { groups: 1, epsilon: 1e-5 } };
  },
  batchNormGrad: (rng) => {
    const x = images(rng);
    const channel = [x[1]!];
    return { inputs: shapes(x, channel, channel, channel, x), params: { groups: 1, epsilon: 1e-5 } };
  },
  sliceGrad: (rng) => {
    const [n, channels, h, w] = images(rng) as [number, number, number, number];
    const params = { starts: [0, 1, 0, 1], steps: [1, 1, 2, 2], shape: [n, channels + 2, 2 * h, 2 * w], value: 0 };
    return { inputs: shapes([n, channels, h, w]), params };
  },
  sum: (rng) => ({ inputs: shapes(images(rng)), params: { axes: [0, 2, 3], keepDims: false } }),
  exp: (rng) => ({ inputs: shapes([1 + rng.integer(3000)]), params: {} }),
  mul: (rng) => {
    const [n, m] = [1 + rng.integer(40), 1 + rng.integer(90)];
    return { inputs: shapes([n, m], [m]), params: {} };
  },
};

const images = (rng: Rng) => [1 + rng.integer(5), 1 + rng.integer(7), 5 + rng.integer(12), 5 + rng.integer(12)];

function convolution(rng: Rng) {
  const [groups, stride, dilation, padding] = [
    1 + rng.integer(2),
    1 + rng.integer(3),
    1 + rng.integer(2),
    rng.integer(3),
  ];
  const [n, channels, h, w] = images(rng) as [number, number, number, number];
  const outputs = 1 + rng.integer(9);
  const kernel = [1 + rng.integer(3), 1 + rng.integer(3)];
  const places = [h, w].map(
    (size, i) => Math.floor((size + 2 * padding - (kernel[i]! - 1) * dilation - 1) / stride) + 1,
  );
  const pair = (x: number) => [x, x] as const;
  return {
    x: [n, groups * channels, h, w],
    weight: [groups * outputs, channels, ...kernel],
    grad: [n, groups * outputs, ...places],
    params: { stride: pair(stride), padding: pair(padding), dilation: pair(dilation), groups },
  };
}

/** 3 × 3, with enough channels and whole tiles for Winograd's way. */
function smallWindows(rng: Rng) {
  const [groups, n, channels, outputs] = [
    1 + rng.integer(2),
    1 + rng.integer(5),
    8 + rng.integer(9),
    8 + rng.integer(9),
  ];
  const [h, w] = [4 + rng.integer(9), 8 * (1 + rng.integer(3))];
  return {
    x: [n, groups * channels, h, w],
    weight: [groups * outputs, channels, 3, 3],
    grad: [n, groups * outputs, h, w],
    params: { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups },
  };
}

describe("several threads", () => {
  it.each(Object.keys(cases))("share the job, and give the bits of one: %s", (name) => {
    const [op] = name.split(" ") as [string];
    const before = jobs();
    for (let run = 0; run < 12; run++) {
      const sample = cases[name]!(new Rng(0).fork(`${name} ${run}`));
      const [one, ...others] = devices.map((device) => bits(device, op, sample));
      for (const other of others) expect(other).toEqual(one);
    }
    for (const { coverage } of devices) expect(coverage.get(op)?.reference).toBe(0);
    for (const [i, count] of jobs().entries()) expect(count - before[i]!, `${i + 2} threads`).toBeGreaterThan(0);
  });

  it("are what the device says that it has", async () => {
    expect(devices[2]!.adapter).toMatch(/3 threads$/);
    await expect(createDevice("wasm", { threads: 1.5 })).rejects.toThrow(UsageError);
  });

  it("give one thread, and say why, in a page that is not isolated", async () => {
    Object.assign(globalThis, { crossOriginIsolated: false });
    try {
      const device = await createDevice("wasm", { threads: 2 });
      expect(device.adapter).toMatch(/one thread, not 2: this page is not cross-origin isolated/);
    } finally {
      Reflect.deleteProperty(globalThis, "crossOriginIsolated");
    }
  });

  it("do nothing between jobs: workers sleep", async () => {
    const program = `
      import { createDevice, matmul, scope, full } from "@kronograd/tensor";
      import "@kronograd/backend-wasm";
      const device = await createDevice("wasm", { threads: 3 });
      const a = full([256, 256], 1, { device });
      scope(() => void matmul(a, a).dataSync());
      await new Promise((done) => setTimeout(done, 50));
      const before = process.cpuUsage();
      await new Promise((done) => setTimeout(done, 400));
      const { user, system } = process.cpuUsage(before);
      console.log(Math.round((user + system) / 1000));`;
    expect(Number(runProgram(program))).toBeLessThan(100); // two workers that look on would take 400 to 800 ms
  });

  it("stay awake for some milliseconds after a job, as one that sleeps may wake on the caller's processor", async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const pool = await startPool(2, memory);
    if (typeof pool === "string") throw new Error(pool);
    const sleepers = () => Atomics.load(pool.board.control, word.sleepers);
    await expect.poll(sleepers).toBe(1);
    let [elapsed, asleep] = [Number.POSITIVE_INFINITY, 1];
    for (let tries = 0; elapsed > 7 && tries < 100; tries++) {
      const job = () => void pool.run(1, 0, () => undefined);
      do job();
      while (sleepers() > 0); // once more each time: it may have woken and fallen asleep again unseen
      const start = performance.now();
      job();
      while (performance.now() < start + 4);
      [elapsed, asleep] = [performance.now() - start, sleepers()]; // a busy machine may take longer: once more
    }
    expect(elapsed).toBeLessThan(7);
    expect(asleep).toBe(0);
    await expect.poll(sleepers).toBe(1);
    pool.close();
  });

  it("begin with the first piece of a job while the caller writes the next", async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const pool = await startPool(2, memory);
    if (typeof pool === "string") throw new Error(pool);
    const module = new Module();
    module.define("fill", integers(1), (_, address) => fillBytes(address, int(1), int(1)));
    const bytes = module.bytes({ pages: 1, maximumPages: 65536, shared: true });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    const { fill } = exports as { fill: Callee };
    pool.publish(bytes, [fill]);
    const values = new Uint8Array(memory.buffer, 0, 2);
    const until = performance.now() + 5000;
    pool.run(2, 0, (index, call) => {
      while (index === 1 && Atomics.load(values, 0) === 0 && performance.now() < until);
      call(fill, index);
    });
    expect([...values]).toEqual([1, 1]);
    expect(performance.now()).toBeLessThan(until);
    pool.close();
  });

  it("get no job of less than some 17 µs", async () => {
    const backend = await openWasm({ threads: 2 });
    const device = new Device(backend);
    const jobsOf = (length: number) =>
      scope(() => {
        const x = full([length], 1, { device });
        const before = backend.pool!.board.control[word.sequence]!;
        exp(x);
        return backend.pool!.board.control[word.sequence]! - before;
      });
    expect([jobsOf(2 ** 14), jobsOf(2 ** 15)]).toEqual([0, 1]);
    backend.dispose();
  });

  it("let the program end by itself", () => {
    const program = `
      import { createDevice } from "@kronograd/tensor";
      import "@kronograd/backend-wasm";
      console.log((await createDevice("wasm", { threads: 2 })).adapter);`;
    expect(runProgram(program)).toMatch(/2 threads$/);
  });
});

describe("a worker that is lost", () => {
  const product = (device: Device) =>
    scope(() => {
      const a = tensor(new Float32Array(300 * 300).fill(1), { shape: [300, 300], device });
      return matmul(a, a).dataSync()[0];
    });

  it("ends every later job with a BackendError, when it died between two", async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const pool = await startPool(2, memory);
    if (typeof pool === "string") throw new Error(pool);
    pool.ended("it ended with code 1");
    expect(() => pool.run(1, 0, () => undefined)).toThrow(/a worker was lost: it ended with code 1/);
    pool.close();
  });

  it("is seen when its thread is killed", async () => {
    const backend = await openWasm({ threads: 2 });
    const device = new Device(backend);
    expect(product(device)).toBe(300);
    await backend.pool!.workers[0]!.terminate();
    await new Promise((turn) => setTimeout(turn, 20));
    expect(() => product(device)).toThrow(BackendError);
    backend.dispose();
  });

  it("is not waited for without end when it does not come out of a job", async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const pool = await startPool(2, memory, { start: 10_000, join: 50 });
    if (typeof pool === "string") throw new Error(pool);
    const { control } = pool.board;
    const enterForGood = () => void Atomics.add(control, word.state, 1);
    expect(() => pool.run(1, 0, enterForGood)).toThrow(/a worker did not finish its part in 0\.05 s/);
    pool.close();
  });

  it("reports a kernel that throws in it or here", async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const pool = await startPool(2, memory);
    if (typeof pool === "string") throw new Error(pool);
    // there is no module behind it, so a worker that takes a piece cannot compile it
    const slow = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    pool.publish(new Uint8Array(), [slow as never]);
    expect(() => pool.run(50, 0, (_, call) => call(slow as never))).toThrow(/kernel threw/);
    pool.close();
  });
});

function runProgram(program: string): string {
  const flags = ["--conditions=@kronograd/source", "--input-type=module"];
  const options = { encoding: "utf8", cwd: import.meta.dirname, timeout: 20_000 } as const;
  return execFileSync(process.execPath, [...flags, "--eval", program], options).trim();
}
