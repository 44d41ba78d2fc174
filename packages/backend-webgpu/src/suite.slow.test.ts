import { backendSuite } from "@kronograd/suites";
import { describe } from "vitest";
import { missing, openDevice } from "../testing/device.ts";

describe.skipIf(missing !== null)("on a device", () => {
  backendSuite("webgpu", openDevice, { dtypes: ["float32"], kernels: new URL("../coverage.json", import.meta.url) });
});
