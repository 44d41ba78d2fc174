import { Device } from "@kronograd/tensor";
import { backendSuite } from "@kronograd/testkit";
import { openWasm, WasmBackend } from "./backend.ts";

backendSuite("wasm", () => new Device(new WasmBackend({ guards: true })));
backendSuite("wasm without relaxed SIMD", () => new Device(new WasmBackend({ guards: true, relaxed: false })), {
  runs: 3,
});

const threaded = await openWasm({ guards: true, threads: 2, forkFrom: 0 });
backendSuite("wasm with two threads, everything forked", () => new Device(threaded), { runs: 3 });
