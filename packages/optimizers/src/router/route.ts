/**
 * A router: rules that give each parameter to an optimizer. The first rule that matches holds; a parameter that none names
 * is an error, unless there is a fallback.
 *
 * A block whose parameters go to different optimizers is taken apart: the weight stays a layer, with the records of its inputs
 * and output gradients but without the bias coordinate, and the bias is a parameter alone. Where all of a model goes to one
 * optimizer, the run is that optimizer's own, bit for bit.
 */

import type { Parameters } from "@kronograd/autograd";
import { UsageError } from "@kronograd/tensor";
import { type BlockInfo, blockInfo, type Roles } from "../block-info.ts";
import { joinNeeds } from "../chain.ts";
import { Optimizer } from "../optimizer.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { StateTree } from "../state/state.ts";
import type { Needs, StepContext, Transform } from "../transform.ts";
import type { Updates } from "../updates.ts";
import { splitUpdates, withoutBias } from "./pieces.ts";
import { describeMatch, type Match, type ParameterInfo, testOf } from "./rule.ts";

/** Parameters, and the optimizer or chain that they go to. */
export interface Rule {
  readonly match: Match;
  /** A chain takes the router's learning rate. */
  readonly use: Optimizer | Transform;
}

/** The fallback, and the rate of chains. */
export interface RouteOptions {
  /** For parameters that no rule names. */
  readonly otherwise?: Optimizer | Transform;
  /** Wanted where a rule uses a chain that does not set its own step. */
  readonly learningRate?: Schedule;
}

interface Lane {
  readonly label: string;
  readonly test: (parameter: ParameterInfo) => boolean;
  readonly optimizer: Optimizer;
}

/**
 * Give parameters to different optimizers.
 *
 * @param rules  in order; the first that matches holds
 * @throws {UsageError} a role that there is not, or a chain without a learning rate; on update, a parameter that no rule names
 * @example
 * route([{ match: "hidden", use: skfac() }], { otherwise: adam() });
 */
export function route(rules: readonly Rule[], { otherwise, learningRate }: RouteOptions = {}): Optimizer {
  const all: Rule[] = otherwise === undefined ? [...rules] : [...rules, { match: () => true, use: otherwise }];
  const lanes = all.map(({ match, use }, i): Lane => {
    const isFallback = i === rules.length;
    const label = isFallback ? "otherwise" : describeMatch(match);
    const optimizer =
      use instanceof Optimizer
        ? use
        : new Optimizer({ name: use.name, chain: use, ...(learningRate !== undefined && { learningRate }) });
    return { label, test: testOf(match), optimizer };
  });
  if (lanes.length === 0) {
    throw new UsageError({ where: "route", problem: "there is no rule and no fallback", help: "Give at least one." });
  }
  const laneOf = (parameter: ParameterInfo): Lane => {
    const found = lanes.find(({ test }) => test(parameter));
    if (found !== undefined) return found;
    throw new UsageError({
      where: "route",
      problem: `no rule names parameter "${parameter.name}" (${parameter.role}, [${parameter.shape.join(", ")}])`,
      expected: lanes.map(({ label }) => label),
      help: "Add a rule for it, or `otherwise`.",
    });
  };
  const known = new Map<string, Lane>(); // of the parameters that a step has shown
  const [first] = lanes as [Lane];
  return new Optimizer({
    name: `route(${lanes.map(({ optimizer }) => optimizer.name).join(", ")})`,
    learningRate: first.optimizer.learningRate,
    rateAt: (parameter, step) => (known.get(parameter) ?? first).optimizer.rateAt(parameter, step),
    chain: routed(lanes, laneOf, known),
    config: {
      rules: lanes.map(({ label, optimizer }) => ({ match: label, use: optimizer.name, ...optimizer.config })),
    },
  });
}

function routed(
  lanes: readonly Lane[],
  laneOf: (parameter: ParameterInfo) => Lane,
  known: Map<string, Lane>,
): Transform<readonly StateTree[]> {
  const chains = lanes.map(({ optimizer }) => optimizer.chain);
  return {
    name: `route(${chains.map(({ name }) => name).join(" | ")})`,
    links: chains,
    route: (parameter) => {
      const { label, optimizer } = laneOf(parameter);
      return { rule: label, name: optimizer.name, chain: optimizer.chain };
    },
    needs: (step) => joinedNeeds(lanes.map(({ optimizer }) => optimizer.needs(step))),
    init: () => lanes.map(() => null),
    update(updates, state, context) {
      const divided = new Set<string>();
      for (const [name, { block }] of updates) {
        const own = parametersOf(blockInfo(block, context.roles), context.roles).map((parameter) => {
          const lane = laneOf(parameter);
          known.set(parameter.name, lane);
          return lane;
        });
        const apart = own[0]?.optimizer.needs(context.step).bias === "separate" && block.parameters.length > 1;
        if (apart || own.some((lane) => lane !== own[0])) divided.add(name);
      }
      const whole = divided.size === 0 ? context : splitContext(context, divided);
      const pieces = divided.size === 0 ? updates : splitUpdates(updates, divided);
      const merged = new Map<string, Updates extends ReadonlyMap<string, infer G> ? G : never>();
      const reported = new Set<string>();
      const next = lanes.map((lane, i) => {
        const mine = new Map([...pieces].filter(([, { block }]) => known.get(block.parameters[0] as string) === lane));
        if (mine.size === 0) return state[i] ?? null;
        const { optimizer, label } = lane;
        const own: StepContext = {
          ...whole,
          gradients: new Map([...whole.gradients].filter(([name]) => mine.has(name))),
          learningRate: optimizer.learningRateAt(context.step),
          rateOf: (parameter) => optimizer.rateOf(parameter),
          report(name, value) {
            const unique = reported.has(name) ? `${name} of ${label}` : name;
            reported.add(unique);
            context.report(unique, value);
          },
        };
        const result = optimizer.chain.update(mine, state[i] ?? optimizer.chain.init(mine, own), own);
        for (const [name, direction] of result.updates) merged.set(name, direction);
        return result.state;
      });
      return { updates: new Map([...pieces.keys()].map((name) => [name, merged.get(name) as never])), state: next };
    },
    evaluationWeights(parameters: Parameters, state) {
      const entries = lanes.flatMap(({ optimizer: { chain } }, i) => {
        const own = Object.entries(parameters).filter(([name]) => known.get(name) === lanes[i]);
        const weights = Object.fromEntries(own);
        const s = state[i] ?? null;
        return Object.entries(s === null ? weights : (chain.evaluationWeights?.(weights, s) ?? weights));
      });
      return { ...parameters, ...Object.fromEntries(entries) };
    },
    inspect: (state) =>
      Object.assign({}, ...chains.map((chain, i) => (state[i] == null ? {} : (chain.inspect?.(state[i]) ?? {})))),
  };
}

/** The parameters of a block as rules see them: the role of a bias is its own. */
function parametersOf(block: BlockInfo, roles: Roles = {}): readonly ParameterInfo[] {
  return block.parameters.map((name, i) => {
    const isBias = block.hasBias && i === block.parameters.length - 1;
    return { name, shape: block.shapes[i] ?? [], role: roles[name] ?? (isBias ? "bias" : block.role) };
  });
}

/** Captures of all rules together. Where only some keep biases apart, they are captured jointly and taken apart here. */
function joinedNeeds(needs: readonly Needs[]): Needs {
  const modes = new Set(needs.filter(({ layers }) => layers).map(({ bias = "joint" }) => bias));
  const list = modes.size <= 1 ? needs : needs.map(({ bias: _, ...rest }) => rest);
  return list.reduce(joinNeeds, {});
}

function splitContext(context: StepContext, divided: ReadonlySet<string>): StepContext {
  const { gradients, labelGradients, records } = context;
  return {
    ...context,
    gradients: splitUpdates(gradients, divided),
    ...(labelGradients && { labelGradients: splitUpdates(labelGradients, divided) }),
    records: new Map([...records].map(([name, list]) => [name, divided.has(name) ? list.map(withoutBias) : list])),
  };
}
