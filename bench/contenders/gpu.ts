/** The GPU itself, by WGSL that does nothing else: what it can multiply and add, and how fast it copies. */

import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type OpenedGpu, openGpu } from "@kronograd/backend-webgpu";
import { BackendError } from "@kronograd/tensor";
import { type Contender, timedUntil } from "../contender.ts";
import { gpuPeakLoop } from "../job.ts";

/** As WebGPU numbers them; the types have no values in Node. */
const usages = { copySource: 0x4, copyTarget: 0x8, storage: 0x80 } as const;

/** Make `navigator.gpu` in Node from the package `webgpu`, as rivals look for it there. @returns null, or why not */
export async function provideGpu(): Promise<string | null> {
  if (navigator.gpu !== undefined) return null;
  try {
    const near = createRequire(join(import.meta.dirname, "../../packages/backend-webgpu/src/device/provider.ts"));
    const dawn = (await import(pathToFileURL(near.resolve("webgpu")).href)) as {
      create(options: string[]): GPU;
      globals: object;
    };
    Object.assign(globalThis, dawn.globals);
    Object.defineProperty(navigator, "gpu", { value: dawn.create([]), configurable: true });
    return null;
  } catch (error) {
    return `no WebGPU in Node: run \`npm run platforms\` (${(error as Error).message.split("\n", 1)[0]})`;
  }
}

/** A device of its own, opened as ours is, or why there is none. */
function open(): Promise<OpenedGpu | string> {
  return openGpu().catch((error: unknown) => {
    if (error instanceof BackendError) return error.message;
    throw error;
  });
}

/** A copy of one buffer into another. */
export async function gpuCopy(): Promise<Contender | string> {
  const opened = await open();
  if (typeof opened === "string") return opened;
  const { device, adapter } = opened;
  return {
    name: "gpu copy",
    about: `copyBufferToBuffer on ${adapter}`,
    prepare(job) {
      if (job.kind !== "elementwise" || job.op !== "copy") return "only copies";
      const size = 4 * job.length;
      const usage = usages.copySource | usages.copyTarget;
      const buffers = [device.createBuffer({ size, usage }), device.createBuffer({ size, usage })] as const;
      const once = () => {
        const encoder = device.createCommandEncoder();
        encoder.copyBufferToBuffer(buffers[0], 0, buffers[1], 0, size);
        device.queue.submit([encoder.finish()]);
      };
      return timedUntil(
        () => device.queue.onSubmittedWorkDone(),
        once,
        () => {
          for (const buffer of buffers) buffer.destroy();
        },
      );
    },
    close: () => device.destroy(),
  };
}

/** Independent chains of vec4 multiply-adds in registers, in as many workgroups as fill any card. */
export async function gpuFmaPeak(): Promise<Contender | string> {
  const opened = await open();
  if (typeof opened === "string") return opened;
  const { device, adapter } = opened;
  const { workgroups, threads, turns, accumulators } = gpuPeakLoop;
  const names = Array.from({ length: accumulators }, (_, i) => `a${i}`);
  const code = `@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(${threads}) fn main(@builtin(global_invocation_id) id: vec3u) {
  let x = vec4f(0.999 + f32(id.x & 1u) * 1e-6);
  let y = vec4f(1e-3);
  ${names.map((name, i) => `var ${name} = vec4f(${i}.0);`).join(" ")}
  for (var turn = 0u; turn < ${turns}u; turn++) { ${names.map((name) => `${name} = fma(${name}, x, y);`).join(" ")} }
  let all = ${names.join(" + ")};
  out[id.x & 1023u] = all.x + all.y + all.z + all.w;
}`;
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module: device.createShaderModule({ code }) },
  });
  const buffer = device.createBuffer({ size: 4096, usage: usages.storage });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  return {
    name: "gpu fma peak",
    about: `multiply-adds in WGSL on ${adapter}`,
    prepare(job) {
      if (job.kind !== "gpu peak") return "measures nothing but the peak";
      return timedUntil(
        () => device.queue.onSubmittedWorkDone(),
        () => {
          const encoder = device.createCommandEncoder();
          const pass = encoder.beginComputePass();
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(workgroups);
          pass.end();
          device.queue.submit([encoder.finish()]);
        },
      );
    },
    close: () => device.destroy(),
  };
}
