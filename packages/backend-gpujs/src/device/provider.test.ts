import { createDevice } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import "../index.ts";

describe("gpujs", () => {
  it("says outside of a page that it cannot run there", async () => {
    await expect(createDevice("gpujs")).rejects.toThrow(/no WebGL2 outside of a browser's page/);
  });
});
