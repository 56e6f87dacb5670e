/**
 * Which test file runs in which lane. `npm test` runs all but soak; each lane has a command of its own
 * (npm run test:core). A file belongs to the first lane whose patterns fit, and to `node` when none do.
 */
export const LANES = ["soak", "browser", "wires", "core", "node"] as const;
export type Lane = (typeof LANES)[number];

/** Hours of life, every crash point, hundreds of scenarios in real processes: docs/decisions/testing-soak-lane.md */
const SOAK = [
  "test/**/*.soak.test.ts",
  "test/fleet/faults.test.ts",
  "test/node/in-use/swap.test.ts",
  "test/lab/promotion/{cheats,cheats-other-kinds,kinds-live,promote,rules-live}.test.ts",
  "test/edge/ledger/durability.test.ts",
  "test/edge/recordings/tape/{kill,node-kill}.test.ts",
];
/** A real browser looks at what we serve. */
const BROWSER = [
  "test/**/*.browser.test.ts",
  "test/edge/http/{page,looks}.test.ts",
  "test/edge/report/report.test.ts",
];
/** Real brokers, DDS peers, serial lines, ROS graphs and simulators stand at the other end. */
const WIRES = [
  "test/edge/transports/**/*.test.ts",
  "test/fleet/**/*.test.ts",
  "test/node/attacks/*.test.ts",
  "test/node/live.test.ts",
  "test/sim/{engines,gazebo-native,gazebo-trouble,launch-file,live,served}.test.ts",
];
/** Pure: no process, thread, socket or clock. Whole cells in a simulated world count as nodes. */
const CORE = ["test/core/**/!(learning|replay|retreat|whole-node).test.ts", "test/core/gate/retreat.test.ts"];

/** Their counts come from count() in test/count.ts: short in their own lane, and once more in full in soak. */
export const SCALED = [
  "test/core/cell/simulation.test.ts",
  "test/core/cell/pipeline/properties.test.ts",
  "test/core/promotion/past.test.ts",
  "test/core/rollout/rollout.test.ts",
  "test/edge/wire/fuzz.test.ts",
  "test/node/determinism.test.ts",
  "test/docs/blocks.test.ts",
];

const PATTERNS: readonly (readonly [Lane, readonly string[]])[] = [
  ["soak", SOAK],
  ["browser", BROWSER],
  ["wires", WIRES],
  ["core", CORE],
  ["node", ["test/**/*.test.ts"]],
];
/** What vitest includes and excludes for a lane, so that every file has exactly one, and SCALED ones soak too. */
export function filesOf(lane: Lane): { include: string[]; exclude: string[] } {
  const at = PATTERNS.findIndex(([name]) => name === lane);
  const include = [...PATTERNS[at]![1], ...(lane === "soak" ? SCALED : [])];
  return { include, exclude: PATTERNS.slice(0, at).flatMap(([, patterns]) => patterns) };
}
