/**
 * Kernels of maxPool2d, maxPoolGrad, maxPoolGather, avgPool2d, avgPoolGrad. (Being written by the second engineer of this
 * package, as are factorizations.ts and normalizations.ts.)
 */
