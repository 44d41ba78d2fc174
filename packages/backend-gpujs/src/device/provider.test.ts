import { createDevice } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import "../index.ts";
import { isSoftware } from "./renderer.ts";

describe("gpujs", () => {
  it("is software by what the renderer says of itself", () => {
    expect(isSoftware("ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)")).toBe(true);
    expect(isSoftware("llvmpipe (LLVM 15.0.6, 256 bits)")).toBe(true);
    expect(isSoftware("ANGLE (NVIDIA, NVIDIA GeForce RTX 3060, OpenGL 4.5)")).toBe(false);
  });

  it("says outside of a page that it cannot run there", async () => {
    await expect(createDevice("gpujs")).rejects.toThrow(/no WebGL2 outside of a browser's page/);
  });
});
