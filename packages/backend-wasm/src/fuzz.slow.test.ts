import { backendSuite } from "@kronograd/suites";
import { Device, opRegistry } from "@kronograd/tensor";
import { guards } from "../testing/guards.ts";
import { openWasm } from "./index.ts";

// lionUpdate gives the sign of a sum, and a sum that rounds to 0 in float32 has none: no tolerance covers that jump
const names = [...opRegistry.keys()].filter((name) => name !== "lionUpdate");

// 400 cases of each of some 125 ops in each float type: 100 000 calls, with guard words behind every buffer
const options = { names, runs: 400, seed: 1 };
backendSuite("wasm, 100 000 random calls", async () => new Device(await openWasm({ guards })), options);

const threaded = await openWasm({ guards, threads: 2, forkFrom: 0 });
backendSuite("wasm with two threads, random calls", () => new Device(threaded), { names, runs: 100, seed: 2 });
