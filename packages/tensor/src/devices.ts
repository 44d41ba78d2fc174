/** The backends that are known by name, and the choice among them. */

import type { BackendProvider, DeviceOptions } from "./backend.ts";
import { cpu } from "./backends/cpu.ts";
import { Device } from "./device.ts";
import { BackendError, nearest, UsageError } from "./errors.ts";
import { caller } from "./tensor/call-site.ts";

/** One processor memory: every device of it reads the others' tensors. */
const cpuProvider: BackendProvider = { name: "cpu", priority: 0, unavailable: () => null, create: () => cpu.backend };

const providers = new Map<string, BackendProvider>([["cpu", cpuProvider]]);

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
