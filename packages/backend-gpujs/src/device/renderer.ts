/** What draws: the browser tells it, and whether it is hardware can only be told from its name. */

/** A renderer that is a program on the processor: right, and slower than the `wasm` backend. */
export function isSoftware(renderer: string): boolean {
  return /swiftshader|llvmpipe|softpipe|\bwarp\b|software|basic render/i.test(renderer);
}

/** What draws, as the browser tells it. */
export function rendererOf(gl: WebGL2RenderingContext): string {
  const unmasked = gl.getExtension("WEBGL_debug_renderer_info")?.UNMASKED_RENDERER_WEBGL;
  return String(gl.getParameter(unmasked ?? gl.RENDERER)) || "a renderer that does not name itself";
}
