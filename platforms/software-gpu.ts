/** WebGPU on machines without a GPU: SwiftShader, a Vulkan driver that is a program, as Debian's chromium brings it. */

import { existsSync } from "node:fs";

const driver = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** The environment in which a program finds that driver; as it is where one is named already, or none is here. */
export function withSoftwareGpu(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env.VK_ICD_FILENAMES === undefined && existsSync(driver) ? { ...env, VK_ICD_FILENAMES: driver } : env;
}

/** Let this process find that driver; before the first look for an adapter. */
export function useSoftwareGpu(): void {
  Object.assign(process.env, withSoftwareGpu(process.env));
}

/** Pass on the reason why no adapter is here, or null. Says it with what to install, and throws in CI. */
export function missingGpu(reason: string | null): string | null {
  if (reason === null) return null;
  const text = `webgpu is not tested: ${reason} (npm run platforms, and apt-get install chromium libvulkan1)`;
  if (process.env.CI === "true") throw new Error(text);
  console.warn(text);
  return reason;
}
