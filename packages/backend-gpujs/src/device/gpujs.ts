/** What this package uses of gpu.js 2.24.1, which is pinned: a few of the members are not in its documentation. */

/** A texture of the device; `_refs` counts the objects that hold it. */
export interface RawTexture extends WebGLTexture {
  _refs: number;
}

/** gpu.js's handle of a texture. */
export interface GpuTexture {
  readonly texture: RawTexture;
  readonly size: ArrayLike<number>;
}

/** A compiled kernel. */
export interface GpuKernel {
  (...args: (GpuTexture | number)[]): GpuTexture;
  readonly kernel: {
    readonly constructor: { readonly mode: string };
    readonly fallbackReason?: string;
    readonly textureCache: unknown[];
  };
  destroy(): void;
}

/** An instance of gpu.js: one context. */
export interface Gpu {
  readonly context: WebGL2RenderingContext;
  readonly canvas: HTMLCanvasElement | OffscreenCanvas;
  createKernel(source: string, settings: Readonly<Record<string, unknown>>): GpuKernel;
  addNativeFunction(name: string, source: string, settings: Readonly<Record<string, unknown>>): void;
  injectNative(source: string): void;
  destroy(): Promise<void>;
}

/** The module. */
export interface GpujsModule {
  readonly GPU: new (settings: { mode: "webgl2" }) => Gpu;
}

/** The module, or why it does not load: it is not installed, or not part of the page's bundle. */
export async function loadGpujs(): Promise<GpujsModule | string> {
  try {
    // a literal inside `try`: bundlers of pages find it, and one that is missing is a warning of theirs, not an error
    // @ts-expect-error: an optional peer, whose types we do without
    const loaded = (await import("gpu.js")) as GpujsModule & { default?: GpujsModule };
    return loaded.default ?? loaded; // it is CommonJS
  } catch (error) {
    return `the optional package "gpu.js" does not load: ${(error as Error).message} (npm install gpu.js@2.24.1)`;
  }
}
