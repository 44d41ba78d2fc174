import { describe, expect, it } from "vitest";
import { isSoftware } from "./software.ts";

describe("isSoftware", () => {
  it("knows programs by name, of WebGPU and of WebGL alike", () => {
    const programs = [
      "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)",
      "llvmpipe (LLVM 15.0.6, 256 bits)",
      "lavapipe",
      "softpipe",
      "Microsoft Basic Render Driver",
      "Microsoft WARP",
    ];
    expect(programs.filter(isSoftware)).toEqual(programs);
    expect(
      ["nvidia ampere", "ANGLE (NVIDIA, NVIDIA GeForce RTX 3060, OpenGL 4.5)", "Intel UHD 620", "Apple M1"].filter(
        isSoftware,
      ),
    ).toEqual([]);
  });
});
