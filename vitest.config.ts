import { configDefaults, defineConfig } from "vitest/config";

// Tests run from source: workspace packages resolve to their src/ through this condition.
const source = "@kronograd/source";

if (Number(process.versions.node.split(".")[0]) < 24) {
  throw new Error(
    `Tests need Node 24, this is ${process.version}. \`npm test\` and \`npx vitest\` use the repository's own.`,
  );
}

const folders = ["packages/*/src/**", "apps/*/src/**", "integration", "scripts/**", "bench/**", "platforms"];

export default defineConfig(({ mode }) => {
  const slow = mode === "slow" || process.env.SLOW === "1"; // vitest run --mode slow: the slow tests alone
  return {
    resolve: { conditions: [source, "module", "node", "development|production"] },
    ssr: {
      resolve: {
        conditions: [source, "module", "node", "development|production"],
        externalConditions: [source, "node"],
      },
    },
    oxc: { target: "esnext" }, // Node 24 runs `using` natively; nothing is lowered
    test: {
      maxWorkers: 2,
      projects: [
        {
          extends: true,
          test: {
            name: "node",
            environment: "node",
            pool: "forks",
            testTimeout: slow ? 600_000 : 20_000, // shared and small machines are slow at times
            // Tests use the methods of tensors (sources may not: their build has none) and the matcher `toBeAllclose`.
            setupFiles: ["packages/tensor/src/fluent.ts", "packages/testkit/src/matcher.ts"],
            execArgv: [`--conditions=${source}`],
            include: folders.map((folder) => `${folder}/*${slow ? ".slow" : ""}.test.ts`),
            exclude: [...configDefaults.exclude, ...(slow ? [] : ["**/*.slow.test.ts"])],
          },
        },
      ],
    },
  };
});
