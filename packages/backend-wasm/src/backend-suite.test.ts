import { Device } from "@kronograd/tensor";
import { backendSuite } from "@kronograd/testkit";
import { WasmBackend } from "./backend.ts";

backendSuite("wasm", () => new Device(new WasmBackend({ guards: true })));
backendSuite("wasm without relaxed SIMD", () => new Device(new WasmBackend({ guards: true, relaxed: false })), {
  runs: 3,
});
