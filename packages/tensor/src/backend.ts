/**
 * What a backend is: memory for buffers, and kernels found by op name.
 *
 * A backend may start with no kernel at all: every op then runs through its reference loops. Kernels are added one by
 * one; a call that finds none is counted on the device, shown in its coverage table, and refused when the device is strict.
 * There is no list of backend names: a package or a user's file calls `registerBackend`.
 */

import { BackendError, nearest, UsageError } from "./errors.ts";
import type { Dtype, TypedArray } from "./tensor/dtype.ts";
import { caller } from "./tensor/handle-trace.ts";
import type { Layout } from "./tensor/shape.ts";

/** A backend's own name for one buffer; only the backend looks inside. */
export type Handle = unknown;

/** A tensor as a kernel sees it: layout plus the backend's handle. */
export interface Operand extends Layout {
  readonly handle: Handle;
  readonly dtype: Dtype;
}

/** A tensor as a reference kernel sees it: layout plus host memory. */
export interface HostOperand extends Layout {
  readonly data: TypedArray;
  readonly dtype: Dtype;
}

/**
 * A fast path for one op. Outputs are contiguous and uninitialised (or, for in-place updates, the target itself).
 * Return `false`, before writing anything, to decline a case (a dtype, a layout): the reference then runs and is counted.
 */
export type Kernel = (
  outputs: readonly Operand[],
  inputs: readonly Operand[],
  // biome-ignore lint/suspicious/noExplicitAny: each op has its own parameters, and a kernel map holds all of them
  params: any,
  op: { name: string },
  // biome-ignore lint/suspicious/noConfusingVoidType: a kernel that declines nothing returns nothing
) => boolean | void;

/** Memory for buffers, and kernels found by op name. */
export interface Backend {
  readonly name: string;
  /** What really runs: processor features, adapter, renderer. */
  readonly adapter: string;
  /** Dtypes that its kernels compute in; default: all. A call with another runs its reference in host memory, counted. */
  readonly dtypes?: ReadonlySet<Dtype>;
  /** Reserve an uninitialised buffer of `length` elements, of any dtype. @throws {BackendError} when memory is at its end */
  allocate(dtype: Dtype, length: number): Handle;
  free(handle: Handle): void;
  /** Copy host values to the start of a buffer. */
  write(handle: Handle, values: TypedArray): void;
  /** A copy of a whole buffer; a promise where the device is asynchronous. */
  read(handle: Handle): TypedArray | Promise<TypedArray>;
  /** Host memory as a buffer without a copy, where the device computes in arrays of its host's own. */
  wrap?(values: TypedArray): Handle;
  /** The buffer itself as host memory, where the device computes in host memory (no copy). Valid until the next allocation. */
  host?(handle: Handle): TypedArray;
  /**
   * Run a reference kernel where there is no `host`: at once, or in its turn once the inputs have arrived, while the caller
   * goes on. A reference that throws a NumericalError then leaves NaN in its outputs, and reading one of those rejects with
   * it; any other error rejects the next read.
   */
  runReference?(
    reference: (outputs: readonly HostOperand[], inputs: readonly HostOperand[]) => void,
    outputs: readonly Operand[],
    inputs: readonly Operand[],
  ): void;
  readonly kernels: ReadonlyMap<string, Kernel>;
  /** Release workers and memory; later calls throw BackendError. */
  dispose?(): void;
}

/** How a device runs. */
export interface DeviceOptions {
  /** Throw where an op has no kernel, instead of running its reference. */
  readonly strict?: boolean;
  /** Threads that compute, where the backend has them; default 1, with which several runs share a machine best. */
  readonly threads?: number;
  /** Opt in to an experimental engine feature: "revectorize" joins vectors of 128 bits to 256, in V8 under Node 24 and later. */
  readonly fast?: "revectorize";
}

/** How to make a backend, and whether `createDevice("auto")` may choose it. */
export interface BackendProvider {
  readonly name: string;
  /** Higher is tried first by "auto"; `undefined`: never chosen by "auto". */
  readonly priority?: number;
  /** `null` when it can run here, else the reason why not. */
  unavailable(): string | null | Promise<string | null>;
  /** Why "auto" passes over a backend that can run here (its adapter is software); `null`: it does not. */
  passedOver?(): string | null | Promise<string | null>;
  /** Options that it has beyond the default, and whether each can be had here: one line each. */
  offers?(): readonly string[];
  create(options: DeviceOptions): Backend | Promise<Backend>;
}

/** Live memory of a device. */
export interface MemoryReport {
  /** Handles that were not disposed. */
  tensors: number;
  /** Buffers that some handle, view, tape or optimizer state still holds. */
  buffers: number;
  bytes: number;
  peakBytes: number;
  /** Handles that were forgotten and that the garbage collector gave back. */
  forgotten: number;
}

/** One op's row of the coverage table. */
export interface Coverage {
  /** Calls that ran the backend's own kernel. */
  kernel: number;
  /** Calls that ran the reference loops. */
  reference: number;
}

/** A backend in use: its memory, its counters, and why it was chosen. */
export class Device {
  readonly kind: string;
  readonly adapter: string;
  /** One line for each backend that was considered. */
  readonly why: readonly string[];
  readonly strict: boolean;
  /** Names the call that made a handle, for reports of forgotten ones; `createDevice` gives it to strict devices. */
  readonly callSite: (() => string) | undefined;
  readonly backend: Backend;
  readonly memory: MemoryReport = { tensors: 0, buffers: 0, bytes: 0, peakBytes: 0, forgotten: 0 };
  readonly coverage = new Map<string, Coverage>();

  constructor(
    backend: Backend,
    options: { strict?: boolean; why?: readonly string[]; callSite?: (() => string) | undefined } = {},
  ) {
    this.kind = backend.name;
    this.adapter = backend.adapter;
    this.backend = backend;
    this.strict = options.strict ?? false;
    this.callSite = options.callSite;
    this.why = options.why ?? [];
  }

  toString(): string {
    return `${this.kind} (${this.adapter})`;
  }
}

const providers = new Map<string, BackendProvider>();

/** Make a backend known to `createDevice`. A later registration under the same name replaces the earlier. */
export function registerBackend(provider: BackendProvider): void {
  providers.set(provider.name, provider);
}

/** A registered backend, and what speaks against it here. */
export interface BackendState {
  readonly name: string;
  /** Why it cannot run here, or null. */
  readonly unavailable: string | null;
  /** Why "auto" does not take it though it can run, or null. */
  readonly passedOver: string | null;
  /** Options beyond the default, where it can run and has some: a line each. */
  readonly offers?: readonly string[];
}

/** Every registered backend, in the order in which "auto" tries them: it takes the first that nothing speaks against. */
export async function listBackends(): Promise<BackendState[]> {
  return Promise.all(
    [...providers.values()].sort(byPriority).map(async (provider) => {
      const state = await stateOf(provider);
      return provider.offers === undefined || state.unavailable !== null
        ? state
        : { ...state, offers: provider.offers() };
    }),
  );
}

const byPriority = (a: BackendProvider, b: BackendProvider): number => (b.priority ?? -1) - (a.priority ?? -1);

async function stateOf(provider: BackendProvider): Promise<BackendState> {
  const { name, priority } = provider;
  const unavailable = await provider.unavailable();
  if (unavailable !== null) return { name, unavailable, passedOver: null };
  const onlyByName = priority === undefined ? "it is taken by name only" : null;
  return { name, unavailable, passedOver: onlyByName ?? (await provider.passedOver?.()) ?? null };
}

/**
 * Open a device. "auto" takes the first available backend by priority; a backend asked for by name never turns into another.
 *
 * @param name  "auto", or the name of a registered backend
 * @throws {UsageError}    no backend of that name is registered
 * @throws {BackendError}  it is registered but cannot run here; the message gives the reason
 */
export async function createDevice(name = "auto", options: DeviceOptions = {}): Promise<Device> {
  const { strict = false } = options;
  const callSite = strict ? caller : undefined;
  if (name !== "auto") {
    const provider = providers.get(name);
    if (provider === undefined) throw unknownBackend(name);
    const reason = await provider.unavailable();
    if (reason !== null) {
      throw new BackendError({ where: name, problem: reason, help: `Use "auto" to let Kronograd choose, or "cpu".` });
    }
    return new Device(await provider.create(options), { strict, callSite, why: [`${name}: asked for by name`] });
  }
  const why: string[] = [];
  for (const provider of [...providers.values()].sort(byPriority)) {
    const { unavailable, passedOver } = await stateOf(provider);
    const reason = unavailable ?? passedOver;
    if (reason === null) {
      why.push(`${provider.name}: chosen`);
      return new Device(await provider.create(options), { strict, callSite, why });
    }
    why.push(`${provider.name}: passed over, ${reason}`);
  }
  throw new BackendError({
    where: "createDevice",
    problem: "no registered backend can run here",
    got: why,
    help: 'Import "@kronograd/tensor", which registers "cpu".',
  });
}

function unknownBackend(name: string): UsageError {
  const names = [...providers.keys()];
  const guess = nearest(name, names);
  return new UsageError({
    where: "createDevice",
    problem: `unknown backend "${name}"`,
    expected: `one of ${names.join(", ")}`,
    help: guess === undefined ? "Import its package first." : `Did you mean "${guess}"?`,
  });
}
