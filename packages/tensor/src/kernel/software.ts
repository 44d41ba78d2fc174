/** Programs that draw or compute in a GPU's place. */

/** Whether an adapter's or renderer's name is that of a program on the processor: right, and slower than the `wasm` backend. */
export function isSoftware(name: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|softpipe|\bwarp\b|software|basic render/i.test(name);
}
