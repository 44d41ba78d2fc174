/** The machine itself: what one core can multiply and add, and how fast it copies. */

import { type Contender, timed } from "../contender.ts";
import { type Job, peakLoop } from "../job.ts";
import { uniformValues } from "./numbers.ts";

/** The rate of 128-bit fused multiply-adds, measured in WebAssembly by a loop that does nothing else. */
export async function fmaPeak(): Promise<Contender | string> {
  const bytes = peakModule();
  if (!WebAssembly.validate(bytes)) return "this engine has no relaxed SIMD";
  const { instance } = await WebAssembly.instantiate(bytes);
  const peak = instance.exports.peak as (turns: number) => void;
  return {
    name: "fma peak",
    about: "128-bit fused multiply-add in WebAssembly",
    prepare: (job) => (job.kind === "peak" ? timed(() => peak(peakLoop.turns)) : "measures nothing but the peak"),
  };
}

/** memcpy, by a typed array's `set`. */
export async function memcpy(): Promise<Contender> {
  return {
    name: "memcpy",
    about: "TypedArray.set",
    prepare(job: Job) {
      if (job.kind !== "elementwise" || job.op !== "copy") return "only copies";
      const source = uniformValues(job.length);
      const target = new Float32Array(job.length);
      return timed(() => target.set(source));
    },
  };
}

/** A function of a count that runs acc += x · y on as many accumulators as hide the latency. */
export function peakModule(): Uint8Array<ArrayBuffer> {
  const { accumulators, lanes } = peakLoop;
  const [count, x, y] = [0, accumulators + 1, accumulators + 2];
  const splat = (value: number, local: number) => [0x43, ...floatBytes(value), 0xfd, 0x13, 0x21, local];
  const multiplyAdd = (local: number) => [0x20, x, 0x20, y, 0x20, local, 0xfd, 0x85, 0x02, 0x21, local];
  const each = Array.from({ length: accumulators }, (_, i) => i + 1);
  const body = [
    ...[1, accumulators + 2, 0x7b], // locals: vectors
    ...splat(0.999, x),
    ...splat(1e-3, y),
    ...[0x03, 0x40], // loop
    ...each.flatMap(multiplyAdd),
    ...[0x20, count, 0x41, 1, 0x6b, 0x22, count], // count − 1
    ...[0x0d, 0, 0x0b], // again unless it is 0
    ...each.slice(1).flatMap((local) => [0x20, 1, 0x20, local, 0xfd, 0xe4, 0x01, 0x21, 1]), // their sum, so that all are needed
    ...Array.from({ length: lanes }, (_, lane) => [0x20, 1, 0xfd, 0x1f, lane, ...(lane === 0 ? [] : [0x92])]).flat(),
    0x0b,
  ];
  const section = (id: number, content: readonly number[]) => [id, ...leb(content.length), ...content];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7d]), // i32 → f32
    ...section(3, [1, 0]),
    ...section(7, [1, 4, 0x70, 0x65, 0x61, 0x6b, 0, 0]), // "peak"
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}

const floatBytes = (value: number) => new Uint8Array(Float32Array.of(value).buffer);

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}
