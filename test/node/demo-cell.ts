import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseDocument } from "yaml";

const LAUNCH = resolve(import.meta.dirname, "../../launch");
const FILE = readFileSync(join(LAUNCH, "demo-cell.yaml"), "utf8");

/** The demonstration cell as it stands, but for its gate: for tests that append one of their own. */
export const DEMO_TEXT = FILE.replace(/^gate:\n(?: .*\n)+/m, "");

/**
 * The demonstration cell as text that may stand in any folder, with other values at the places named, as in
 * `{ "transports.sim.scenario": "idle" }`; undefined removes what stands there.
 */
export function demoCell(change: Readonly<Record<string, unknown>> = {}): string {
  const document = parseDocument(FILE);
  document.setIn(["risk", "head"], join(LAUNCH, String(document.getIn(["risk", "head"]))));
  for (const [place, value] of Object.entries(change))
    if (value === undefined) document.deleteIn(place.split("."));
    else document.setIn(place.split("."), document.createNode(value));
  return String(document);
}

/** A gate for the demonstration cell in tests: nothing was learned yet, and the scanner alone sees people. */
export const DEMO_GATE = {
  deferral: { monitored: false, because: "nothing was learned yet in this test" },
  targets: { arm: { path: "/arm", verbs: ["trajectory"] } },
  person: { channels: ["base_scan"] },
};
/** The same for a cell without its risk head, with everything of the gate at work. */
export const DEMO_GATE_WITHOUT_HEAD = {
  ...DEMO_GATE,
  stage: 3,
  energy: { monitored: false, because: "no risk head in this test" },
};

/** A proposal that sends the demonstration arm somewhere, to stand there. */
export const demoMove = (
  actionId: string,
  positionsRad: readonly number[],
  ms: number,
  more: object = {},
): object => ({
  schema: "cellgate.proposal/1",
  action_id: actionId,
  proposer: "planner",
  target: "arm",
  verb: "trajectory",
  args: {
    joint_names: positionsRad.map((_, i) => `joint_${i + 1}`),
    points: [
      {
        positions_rad: positionsRad,
        velocities_rad_s: positionsRad.map(() => 0),
        time_from_start_ms: ms,
      },
    ],
  },
  ...more,
});
