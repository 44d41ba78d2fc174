/**
 * The error function to double precision: its Maclaurin series up to |x| = 2.5, the continued fraction of erfc beyond.
 * Source: Abramowitz & Stegun (1964), 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  const t = Math.abs(x);
  if (Number.isNaN(t)) return Number.NaN;
  if (t > 6) return Math.sign(x);
  if (t < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (t + fraction);
  return Math.sign(x) * (1 - Math.exp(-t * t) / (Math.sqrt(Math.PI) * (t + fraction)));
}
