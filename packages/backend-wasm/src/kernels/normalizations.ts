/**
 * Kernels of batchNorm, groupNorm and their gradients. (Being written by the second engineer of this package, as are
 * factorizations.ts and pooling.ts.)
 */
