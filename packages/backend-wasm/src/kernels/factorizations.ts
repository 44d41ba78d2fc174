/**
 * Kernels of cholesky and solveTriangular, in float64 for both dtypes. (Being written, with kernels/pooling.ts and
 * kernels/normalizations.ts, by the second engineer of this package.)
 */
