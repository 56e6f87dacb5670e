import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { filesOf, LANES } from "./test/lanes.ts";

export default defineConfig({
  test: {
    maxWorkers: availableParallelism(),
    coverage: {
      provider: "v8",
      include: ["src/core/**"],
      reporter: ["text-summary"],
    },
    projects: LANES.map((lane) => ({
      extends: true as const,
      test: {
        name: lane,
        ...filesOf(lane),
        env: { CELLGATE_LANE: lane },
        // pure tests share a process and what it has loaded; the others each get one of their own
        isolate: lane !== "core",
        pool: "forks" as const,
        // where the processor has protection keys, many threads that come and go can end V8 with a segmentation
        // fault (nodejs/node#64500); nothing is tested with them
        execArgv: ["--no-memory-protection-keys"],
        // a pure test ends by its work on any machine, however loaded; elsewhere a limit only ends what hangs
        testTimeout: lane === "core" ? 0 : 300_000,
        hookTimeout: 300_000,
      },
    })),
  },
});
