import type { Prng } from "../../src/core/base/prng.ts";
import type { Deployment } from "../../src/core/domain/index.ts";
import type { Door } from "../../src/edge/ports/index.ts";
import type { Hand } from "./hand.ts";
import type { Spot } from "./spots.ts";

/** what the tour knows of the node, from its heartbeats */
export interface NodeSeen {
  readonly state: string;
  readonly mayMove: boolean;
}
interface Setting {
  readonly deployment: Deployment;
  readonly spots: readonly Spot[];
  readonly hand: Hand;
  readonly prng: Prng;
  /** postures of the arm's work, for the planner to ask for */
  readonly postures: readonly (readonly number[])[];
}

const SECOND_US = 1_000_000;
const WORK_US = 5 * SECOND_US;
const STAY_US = 2 * SECOND_US;
/** what a leg may take at most: a cell that never trips goes on to the next */
const LEG_MAX_US = 30 * SECOND_US;
const ASK_EVERY_US = 500_000;
const PUSH_US = 300_000;
const PUSH_SHARE = 1.4;
const MOVE_MS = 4_000;

type Leg =
  | { readonly kind: "walk"; readonly spot: Spot }
  | { readonly kind: "push"; readonly newton: number }
  | { readonly kind: "press"; readonly channel: string }
  | { readonly kind: "propose" };

/**
 * Shows people their own cell at work: somebody walks into each zone, pushes the tool, presses each e-stop, and a
 * planner proposes; after each of these an operator looks, resets and resumes. Again and again.
 */
export class Tour {
  readonly #setting: Setting;
  readonly #legs: readonly Leg[];
  #leg = -1;
  #phase: "work" | "there" | "back" = "work";
  #sinceUs = 0;
  #askedUs = 0;
  #requests = 0;
  #proposals = 0;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#legs = legsOf(setting);
  }

  step(nowUs: number, node: NodeSeen, door: Door): void {
    this.#operate(nowUs, node, door);
    const leg = this.#legs[this.#leg];
    const lasted = nowUs - this.#sinceUs;
    if (this.#phase === "work") {
      if (node.mayMove && lasted >= WORK_US && this.#legs.length > 0) this.#begin(nowUs, node, door);
      else if (!node.mayMove) this.#sinceUs = nowUs;
    } else if (this.#phase === "there") {
      if (this.#isDone(leg!, nowUs, lasted)) this.#end(leg!, nowUs);
    } else if (this.#setting.hand.arrived || lasted >= LEG_MAX_US) this.#next("work", nowUs);
  }

  #next(phase: "work" | "there" | "back", nowUs: number): void {
    this.#phase = phase;
    this.#sinceUs = nowUs;
  }

  #begin(nowUs: number, node: NodeSeen, door: Door): void {
    this.#leg = (this.#leg + 1) % this.#legs.length;
    const leg = this.#legs[this.#leg]!;
    const { hand } = this.#setting;
    if (leg.kind === "walk") hand.walk(leg.spot.inside, leg.spot.outside);
    else if (leg.kind === "push") hand.pushN = leg.newton;
    else if (leg.kind === "press") hand.break(leg.channel, "pressed");
    else this.#propose(node, door);
    this.#next("there", nowUs);
  }

  #isDone(leg: Leg, nowUs: number, lasted: number): boolean {
    if (lasted >= LEG_MAX_US) return true;
    if (leg.kind === "push") return lasted >= PUSH_US;
    if (leg.kind !== "walk") return lasted >= STAY_US;
    if (!this.#setting.hand.arrived) return false;
    // from the arrival on
    if (this.#askedUs < this.#sinceUs) this.#askedUs = nowUs;
    return nowUs - this.#askedUs >= STAY_US;
  }

  #end(leg: Leg, nowUs: number): void {
    const { hand } = this.#setting;
    hand.pushN = 0;
    if (leg.kind === "press") hand.mend(leg.channel);
    if (leg.kind === "walk") hand.walk(leg.spot.outside);
    this.#next("back", nowUs);
  }

  /** An operator who looks first: resets and resumes while nobody is inside and nothing is pressed. */
  #operate(nowUs: number, node: NodeSeen, door: Door): void {
    if (this.#phase !== "work" || node.mayMove || nowUs % ASK_EVERY_US !== 0) return;
    const act = (request: Parameters<Door["operator"]>[0]["act"]): void => {
      door.operator({
        act: request,
        by: "scripted_operator" as Parameters<Door["operator"]>[0]["by"],
        roles: ["reset", "resume"],
        requestId: `tour-${this.#requests++}`,
        reason: "the simulated cell was looked at",
      });
    };
    if (node.state === "READY_BLOCKED") return act({ name: "resume" });
    act({ name: "reset", level: 1, retained: false });
    act({ name: "reset", level: 0, retained: false });
  }

  #propose(node: NodeSeen, door: Door): void {
    const { deployment, postures, prng } = this.#setting;
    const target = trajectoryTarget(deployment);
    const posture = postures[this.#proposals % postures.length];
    if (target === null || posture === undefined || !node.mayMove) return;
    const n = this.#proposals++;
    door.proposal(
      {
        schema: "cellgate.proposal/1",
        action_id: `tour-move-${n + 1}`,
        proposer: "planner",
        target,
        verb: "trajectory",
        args: {
          joint_names: deployment.robot.joints.map((joint) => joint.name),
          points: [
            {
              positions_rad: posture.map((q) => q + (prng.nextFloat() - 0.5) * 0.02),
              velocities_rad_s: posture.map(() => 0),
              time_from_start_ms: MOVE_MS,
            },
          ],
        },
      },
      { transport: "sim", caller: "planner" },
    );
  }
}

const trajectoryTarget = ({ gate }: Deployment): string | null =>
  Object.entries(gate.targets).find(([, target]) => target.verbs.includes("trajectory"))?.[0] ?? null;

function legsOf({ deployment, spots, postures }: Setting): Leg[] {
  const { rules, channels } = deployment;
  const forces = Object.values(rules.force).filter((rule) => rule.monitored);
  // whoever walks into a zone that stops comes through those that slow
  const walks = [...spots].sort((a, b) => Number(b.stops) - Number(a.stops));
  return [
    ...walks.map((spot) => ({ kind: "walk" as const, spot })),
    ...(trajectoryTarget(deployment) !== null && postures.length > 0 ? [{ kind: "propose" as const }] : []),
    ...(forces.length > 0
      ? [{ kind: "push" as const, newton: PUSH_SHARE * Math.max(...forces.map((rule) => rule.maxForceN)) }]
      : []),
    ...Object.entries(channels)
      .filter(([, { quantity }]) => quantity === "estop" || quantity === "estopDual")
      .map(([channel]) => ({ kind: "press" as const, channel })),
  ];
}
