/** The bits of WebGPU's usages, as its standard numbers them: Node has no globals of these names. */

export const usage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, uniform: 0x40, storage: 0x80 } as const;
/** Visibility of a binding. */
export const compute = 0x4;
/** Mode of a mapping. */
export const mapRead = 0x1;
