import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    pool: "forks",
    // where the processor has protection keys, many threads that come and go can end V8 with a segmentation fault
    // (nodejs/node#64500); nothing is tested with them
    execArgv: ["--no-memory-protection-keys"],
    maxWorkers: 2,
    coverage: {
      provider: "v8",
      include: ["src/core/**"],
      reporter: ["text-summary"],
    },
  },
});
