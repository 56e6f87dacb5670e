import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    pool: "forks",
    maxWorkers: 2,
    coverage: {
      provider: "v8",
      include: ["src/base/**", "src/domain/**", "src/stats/**", "src/robot/**", "src/features/**", "src/risk/**", "src/reflex/**", "src/gate/**", "src/watch/**", "src/receipts/**", "src/promotion/**", "src/rollout/**", "src/cell/**"],
      reporter: ["text-summary"],
    },
  },
});
