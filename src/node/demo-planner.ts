import type { CellNode } from "./node.ts";

/** as a real proposer of the demonstration is called */
const PLANNER = "planner";
const LEAD = "shift_lead";
const SECOND_US = 1e6;
/** a person walks in every 24 seconds: the planner goes round twice as slowly */
const ROUND_US = 48 * SECOND_US;
const SURE = { decision_probabilities: [0.98, 0.02], confidence_trajectory: [0.94, 0.95, 0.96] };
const FAIRLY_SURE = { decision_probabilities: [0.965, 0.035], confidence_trajectory: [0.94, 0.95, 0.96] };
const HESITANT = { decision_probabilities: [0.4, 0.35, 0.25], confidence_trajectory: [0.8, 0.5, 0.3] };
const HOME = [2.8464, -1.8111, 1.8707, -1.6304, -1.5708, -1.866] as const;
const REACH_OUT = 9;
const MOVE_MS = 3_000;
/** each round asks for a posture a little further on: a question is not repeated word by word */
const SHIFT_RAD = 0.004;
const SHIFTS = 7;

type Ask = (round: number) => object;
const pace =
  (name: string, value: number): Ask =>
  (round) => ({
    action_id: `${name}-${round}`,
    target: "job",
    verb: "parameter",
    args: { name: "job_pace", value },
    evidence: SURE,
  });
const move =
  (name: string, first: number, evidence: object): Ask =>
  (round) => ({
    action_id: `${name}-${round}`,
    target: "arm",
    verb: "trajectory",
    args: {
      joint_names: HOME.map((_, i) => `joint_${i + 1}`),
      points: [
        {
          positions_rad: [first + ((round % SHIFTS) - 3) * SHIFT_RAD, ...HOME.slice(1)],
          velocities_rad_s: HOME.map(() => 0),
          time_from_start_ms: MOVE_MS,
        },
      ],
    },
    evidence,
  });

/** What is asked in a round, and when, counted from its begin; null: the shift lead answers. */
const ROUND: readonly { readonly atUs: number; readonly ask: Ask | null }[] = [
  { atUs: 1.5 * SECOND_US, ask: pace("slower", 0.5) },
  { atUs: 17.6 * SECOND_US, ask: pace("faster", 1) },
  { atUs: 18 * SECOND_US, ask: move("home", HOME[0], FAIRLY_SURE) },
  { atUs: 22.5 * SECOND_US, ask: move("unsure", HOME[0], HESITANT) },
  { atUs: 25.5 * SECOND_US, ask: null },
  { atUs: 28 * SECOND_US, ask: move("out-of-reach", REACH_OUT, SURE) },
];

/**
 * A planner for the demonstration: it proposes what is GREEN, YELLOW and RED, and a shift lead answers the RED that a
 * person may lift. Both come through the same door as anybody's, in simulated time, so a run stays repeatable.
 */
export class DemoPlanner {
  #node: CellNode | null = null;
  #round = 1;
  #next = 0;

  begin(node: CellNode): void {
    this.#node = node;
  }
  /** after each step of the simulated world */
  step(nowUs: number): void {
    const entry = ROUND[this.#next]!;
    if (this.#node === null || nowUs < (this.#round - 1) * ROUND_US + entry.atUs) return;
    if (entry.ask === null) answer(this.#node);
    else
      this.#node.door.proposal(
        { schema: "cellgate.proposal/1", proposer: PLANNER, ...entry.ask(this.#round) },
        { transport: "sim", caller: PLANNER },
      );
    this.#next = (this.#next + 1) % ROUND.length;
    if (this.#next === 0) this.#round++;
  }
}

/** The shift lead has looked into the cell, and binds the answer to what was asked. */
function answer({ cell, door, configHash }: CellNode): void {
  for (const { actionId, argsHash, modelHash } of cell.pipeline?.view().approvals ?? [])
    if (actionId.startsWith("unsure-"))
      door.approval({
        actionId,
        granted: true,
        by: LEAD as Parameters<typeof door.approval>[0]["by"],
        roles: ["approve"],
        argsHash,
        configHash,
        modelHash,
        reason: "looked into the cell: nobody near, the way is free",
        signature: "absent",
      });
}
