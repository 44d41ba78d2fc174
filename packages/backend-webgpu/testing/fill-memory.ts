/**
 * Fills a device's memory in buffers of 256 MiB until it says that there is none left, frees them, and goes on: prints one
 * line of JSON. `memory.slow.test.ts` runs it in a process of little address space.
 */

import { ones, type Tensor } from "@kronograd/tensor";
import { openDevice } from "./device.ts";

const device = await openDevice();
const held: Tensor[] = [];
let told: { name: string; message: string } | null = null;
for (let i = 0; i < 128 && told === null; i++) {
  try {
    held.push(ones([1 << 26], { device }));
    await device.backend.idle();
  } catch (error) {
    const { name, message } = error as Error;
    told = { name, message };
  }
}
const full = held.length;
for (const t of held) t.dispose();
const after = ones([2048, 8192], { device }); // another size class: it needs memory of its own
const last = (await after.data()).at(-1);
console.log(JSON.stringify({ adapter: device.adapter, full, told, last, poolBytes: device.backend.poolBytes }));
process.exit(0);
