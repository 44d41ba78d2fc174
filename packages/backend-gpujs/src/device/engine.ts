/**
 * One WebGL2 context below gpu.js: textures counted by reference, and kernels compiled once for each text.
 *
 * A buffer of n numbers is one texture. A kernel draws a whole new texture and never changes one (`immutable`), so a buffer
 * that is written gets another texture and gives the old one back. gpu.js draws into the texture of the kernel's last call
 * again as soon as nobody else holds it: after the first steps of a training nothing is allocated.
 */

import { helpers, natives } from "../emit/math.ts";
import type { Gpu, GpuKernel, GpuTexture, RawTexture } from "./gpujs.ts";

/** Compiled kernels that are kept; the one that was not called for the longest time goes first. */
const mostKernels = 512;

/** A texture as gpu.js makes it, with what a like one is made of. */
type Seed = GpuTexture & { kernel: unknown; internalFormat: number; textureFormat: number };
type TextureClass = new (settings: object) => GpuTexture;

/** A context and its kernels. */
export class Engine {
  readonly gpu: Gpu;
  readonly gl: WebGL2RenderingContext;
  readonly #kernels = new Map<string, GpuKernel>();
  readonly #Texture: TextureClass;
  readonly #seed: Seed;
  readonly #readBuffer: WebGLFramebuffer;
  #made = 0;
  /** Textures that exist, and kernels that ran. */
  readonly counts = { textures: 0, draws: 0 };

  constructor(gpu: Gpu) {
    this.gpu = gpu;
    gpu.injectNative(helpers);
    for (const [name, [returnType, parameters, body]] of Object.entries(natives)) {
      const pairs = parameters.split(", ").map((pair) => pair.split(" ") as [string, string]);
      gpu.addNativeFunction(name, `${returnType === "Integer" ? "int" : "float"} ${name}(${parameters}) { ${body} }`, {
        returnType,
        argumentTypes: Object.fromEntries(pairs.map(([type, own]) => [own, type === "int" ? "Integer" : "Number"])),
      });
    }
    const first = this.#compile("return 0.0;", [], 1);
    this.gl = gpu.context;
    this.#count(this.gl);
    const seed = first() as Seed;
    this.counts.textures = 1; // the one that this first kernel has made
    this.#seed = seed;
    this.#Texture = seed.constructor as unknown as TextureClass;
    this.#readBuffer = this.gl.createFramebuffer() as WebGLFramebuffer;
    const { mode } = first.kernel.constructor;
    if (mode !== "gpu")
      throw new Error(`gpu.js runs as "${mode}" (${first.kernel.fallbackReason ?? "no reason given"})`);
  }

  /** Largest number of elements of a texture. */
  get most(): number {
    const side = this.gl.getParameter(this.gl.MAX_TEXTURE_SIZE) as number;
    return Math.min(2 ** 24, side * side);
  }

  /**
   * Run a kernel.
   *
   * @param text    body of a JavaScript function that returns element `this.thread.x`
   * @param args    arguments by name: textures, whole numbers (names that begin with `at`), other numbers
   * @param length  elements of the result
   */
  run(text: string, args: Readonly<Record<string, GpuTexture | number>>, length: number): GpuTexture {
    const names = Object.keys(args);
    const key = `${length} ${names.join()} ${text}`;
    let kernel = this.#kernels.get(key);
    if (kernel === undefined) {
      kernel = this.#compile(
        text,
        names.map((name) => [name, typeOf(name, args[name])]),
        length,
      );
      if (this.#kernels.size >= mostKernels) this.#forgetOldest();
    } else this.#kernels.delete(key);
    this.#kernels.set(key, kernel);
    this.counts.draws += 1;
    const texture = kernel(...Object.values(args));
    kernel.kernel.textureCache.length = 0; // textures belong to whoever counts as their holder, not to their kernel
    return texture;
  }

  /** A texture of host values. */
  upload(values: ArrayLike<number>, length: number): GpuTexture {
    const { gl } = this;
    const [width, height] = sizeOfTexture(length);
    const padded = new Float32Array(width * height);
    padded.set(values);
    const texture = gl.createTexture() as RawTexture;
    gl.activeTexture(gl.TEXTURE15);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, way, gl.NEAREST);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, width, height, 0, gl.RED, gl.FLOAT, padded);
    const { kernel, internalFormat, textureFormat } = this.#seed;
    return new this.#Texture({
      texture,
      size: new Int32Array([width, height]),
      dimensions: [length, 1, 1],
      output: [length],
      context: gl,
      kernel,
      internalFormat,
      textureFormat,
    });
  }

  /** Give a texture back; it goes when nobody holds it. */
  release({ texture }: GpuTexture): void {
    texture._refs -= 1;
    if (texture._refs === 0) this.gl.deleteTexture(texture);
  }

  /** Its values, now: the processor waits for the GPU. */
  readNow(texture: GpuTexture, length: number): Float32Array {
    const { pixels, values } = this.#startRead(texture);
    this.gl.readPixels(...pixels, values);
    this.gl.bindFramebuffer(this.gl.FRAMEBUFFER, null);
    return firstOf(values, pixels[4] === this.gl.RED ? 1 : 4, length);
  }

  /** Its values as they are now, when the GPU has got there. */
  async read(texture: GpuTexture, length: number): Promise<Float32Array> {
    const { gl } = this;
    const { pixels, values } = this.#startRead(texture);
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.bufferData(gl.PIXEL_PACK_BUFFER, values.byteLength, gl.STREAM_READ);
    gl.readPixels(...pixels, 0);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0); // null: the context was lost
    gl.flush(); // a fence that was not sent off is never reached
    for (let asked = 0; fence !== null && gl.clientWaitSync(fence, 0, 0) === gl.TIMEOUT_EXPIRED; asked++) {
      await (asked < 8 ? nextTask() : aMoment()); // who asks without end keeps a busy machine from the work
    }
    gl.deleteSync(fence);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, values);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    gl.deleteBuffer(buffer);
    return firstOf(values, pixels[4] === gl.RED ? 1 : 4, length);
  }

  destroy(): void {
    for (const kernel of this.#kernels.values()) kernel.destroy();
    this.#kernels.clear();
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  #startRead({ texture, size }: GpuTexture) {
    const { gl } = this;
    const [width, height] = size as unknown as [number, number];
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#readBuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const isTight = gl.getParameter(gl.IMPLEMENTATION_COLOR_READ_FORMAT) === gl.RED;
    const pixels = [0, 0, width, height, isTight ? gl.RED : gl.RGBA, gl.FLOAT] as const;
    return { pixels, values: new Float32Array(width * height * (isTight ? 1 : 4)) };
  }

  #compile(text: string, types: readonly (readonly [string, string])[], length: number): GpuKernel {
    this.#made += 1;
    const names = types.map(([name]) => name).join(", ");
    return this.gpu.createKernel(`function kronograd${this.#made}(${names}) {\n${text}\n}`, {
      output: [length],
      argumentTypes: Object.fromEntries(types),
      precision: "single",
      tactic: "precision",
      pipeline: true,
      immutable: true,
      dynamicArguments: true,
      loopMaxIterations: 1 << 24, // loops have constant bounds; a longer one would be cut off in silence
    });
  }

  #forgetOldest(): void {
    const [[key, kernel]] = this.#kernels as unknown as [[string, GpuKernel]];
    this.#kernels.delete(key);
    kernel.destroy();
  }

  /** Keep count of what is made by gpu.js too. */
  #count(gl: WebGL2RenderingContext): void {
    const { createTexture, deleteTexture } = gl;
    gl.createTexture = () => {
      this.counts.textures += 1;
      return createTexture.call(gl);
    };
    gl.deleteTexture = (texture) => {
      this.counts.textures -= 1;
      deleteTexture.call(gl, texture);
    };
  }
}

const typeOf = (name: string, value: GpuTexture | number | undefined) =>
  typeof value === "number" ? (name.startsWith("at") ? "Integer" : "Float") : "ArrayTexture(1)";

function sizeOfTexture(length: number): [number, number] {
  const width = Math.max(1, Math.ceil(Math.sqrt(length)));
  return [width, Math.max(1, Math.ceil(length / width))];
}

function firstOf(values: Float32Array, step: number, length: number): Float32Array {
  return step === 1 ? values.slice(0, length) : Float32Array.from({ length }, (_, i) => values[step * i] as number);
}

/** A millisecond; browsers make it four where it follows others. */
const aMoment = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

/** The next turn of the event loop, without the delay of timers. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
