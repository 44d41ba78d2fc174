/** Groups of parameters with settings of their own: no decay on biases and norms, a smaller rate for early layers. */

/** Settings for the parameters whose name matches; the first group that matches holds. */
export interface ParameterGroup {
  /** A regular expression, or its source as text, or a function of the name ("dense1.bias"). */
  readonly match: RegExp | string | ((parameter: string) => boolean);
  /** Times the learning rate; default 1. */
  readonly learningRateFactor?: number;
  /** In place of the optimizer's weight decay. */
  readonly weightDecay?: number;
}

/**
 * Find the group of a parameter.
 *
 * @returns a function from a parameter's name to the first group that matches, or undefined
 */
export function groupOf(groups: readonly ParameterGroup[]): (parameter: string) => ParameterGroup | undefined {
  const tests = groups.map(({ match }) => {
    if (typeof match === "function") return match;
    const pattern = typeof match === "string" ? new RegExp(match) : match;
    return (parameter: string) => parameter.search(pattern) !== -1; // unlike test(), search() keeps no position
  });
  return (parameter) => groups[tests.findIndex((matches) => matches(parameter))];
}
