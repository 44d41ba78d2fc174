import { backendSuite } from "@kronograd/suites";
import { Device } from "@kronograd/tensor";
import { guards } from "../testing/guards.ts";
import { openWasm, type WasmOptions } from "./index.ts";

const open = (options: WasmOptions) => async () => new Device(await openWasm({ guards, ...options }));

backendSuite("wasm", open({}), { kernels: new URL("../coverage.json", import.meta.url) });
backendSuite("wasm without relaxed SIMD", open({ relaxed: false }), { runs: 3 });
backendSuite("wasm with two threads, everything forked", open({ threads: 2, forkFrom: 0 }), { runs: 3 });
