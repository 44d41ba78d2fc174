/** Published means and deviations of the training pixels of the image sets, for pixels in [0, 1]. */

import type { PixelScaling } from "../column.ts";

/** MNIST. */
export const mnistScaling: PixelScaling = { mean: [0.1307], deviation: [0.3081] };
/** Fashion-MNIST. */
export const fashionMnistScaling: PixelScaling = { mean: [0.286], deviation: [0.353] };
/** CIFAR-10: red, green, blue. */
export const cifar10Scaling: PixelScaling = { mean: [0.4914, 0.4822, 0.4465], deviation: [0.247, 0.2435, 0.2616] };
