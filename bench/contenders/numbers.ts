/** Numbers to compute with. Speed does not depend on them, as long as they are neither 0 nor denormal. */

/** A stream of uniform numbers in [-1, 1) by a linear congruence: quick to make in the millions. */
export function uniformStream(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
}

export function uniformValues(length: number): Float32Array {
  const next = uniformStream(length);
  return Float32Array.from({ length }, next);
}

/** A symmetric [n, n] whose diagonal outweighs its rows, so that it is positive definite. */
export function positiveDefinite(n: number): Float32Array {
  const values = uniformValues(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) values[j * n + i] = values[i * n + j] as number;
    values[i * n + i] = n;
  }
  return values;
}
