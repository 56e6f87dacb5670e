import { createPrng } from "../../src/core/base/prng.ts";
import { type Deployment, NO_SOURCE_SEQ, NO_STAMP } from "../../src/core/domain/index.ts";
import type { Kinematics } from "../../src/core/robot/index.ts";
import type { Actuator, ChannelBinding, Door, OutMessage } from "../../src/edge/ports/index.ts";
import { ArmController } from "../arm-controller.ts";
import { permittedPlan } from "../permitted-action.ts";
import { simActuator } from "../sim-actuator.ts";
import { armWork, type ArmWork, reachOf } from "./arm-work.ts";
import { type CellFault } from "./faults.ts";
import { ailmentOf, Hand } from "./hand.ts";
import { createSensor, type Sensor } from "./readings.ts";
import { type Spot, spotsOf } from "./spots.ts";
import { Tour } from "./tour.ts";

export interface OwnWorldSetting {
  readonly deployment: Deployment;
  readonly kinematics: Kinematics;
  readonly seed: number;
  readonly faults: readonly CellFault[];
  /** false: nobody walks, presses or resets by themselves */
  readonly tour: boolean;
  /** by actuator: whether the real one could take a reduced speed, and whether it moves anything */
  readonly actuators: Readonly<Record<string, { readonly slows: boolean; readonly moves: boolean }>>;
}

const STEP_US = 1_000;
const STEP_S = 0.001;
/** the simulated arm stops as the deployment claims; command and servo take the rest */
const RAMP_SHARE = 0.8;
const SLUGGISH = 2;
const NOWHERE = [6, 0] as const;
/** the report of a pace set at the pendant is nobody's action */
const PACE = "pendant-pace";

/**
 * A cell of one's own, simulated: its arm moves to and fro, its channels speak at their own rates, a person walks
 * into its zones. Kinematics without forces: what is felt is what somebody pushes.
 */
export class OwnWorld {
  readonly stepUs = STEP_US;
  /** called at the end of each step, for whoever acts on the cell from outside */
  after: (nowUs: number) => void = () => undefined;
  readonly spots: readonly Spot[];
  readonly hand: Hand;
  readonly work: ArmWork;
  readonly #setting: OwnWorldSetting;
  readonly #controller: ArmController;
  readonly #tour: Tour | null;
  readonly #sensors: { readonly sensor: Sensor; dueUs: number; seq: number }[] = [];
  readonly #tool = new Float64Array(3);
  readonly #toolBefore = new Float64Array(3);
  readonly #toolVelocity = new Float64Array(3);
  #door: Door | null = null;
  #epoch = 0;
  #now = 0;
  #seen = { state: "STARTING", mayMove: false };
  #asked = "arm";

  constructor(setting: OwnWorldSetting) {
    const { deployment, kinematics, seed, faults, tour } = setting;
    const prng = createPrng(seed).split("own cell");
    this.#setting = setting;
    this.work = armWork(deployment, kinematics, prng.split("work"));
    this.spots = spotsOf(deployment, reachOf(kinematics, this.work.plan.from));
    this.hand = new Hand(deployment, this.spots[0]?.outside ?? NOWHERE, faults);
    this.#controller = this.#armController();
    const postures = [this.work.plan.from, ...this.work.plan.stretches.slice(0, 1).map((s) => s.to)];
    this.#tour = tour
      ? new Tour({
          deployment,
          spots: this.spots,
          hand: this.hand,
          prng: prng.split("tour"),
          postures: this.work.moves ? postures.slice(1) : [],
        })
      : null;
    kinematics.tool(this.#controller.q, this.#toolBefore);
  }

  get now(): number {
    return this.#now;
  }

  attach(door: Door, channels: readonly ChannelBinding[], epoch: number): void {
    this.#door = door;
    this.#epoch = epoch;
    const prng = createPrng(this.#setting.seed).split("own cell noise");
    for (const binding of channels)
      this.#sensors.push({ sensor: createSensor(binding, this.#setting.deployment, prng), dueUs: 0, seq: 0 });
  }

  /** how fast the arm does its own job, share of its full pace; as somebody sets it at the pendant */
  pace(share: number): void {
    const action = {
      schema: "cellgate.proposal/1",
      action_id: PACE,
      proposer: "pendant",
      target: "job",
      verb: "parameter",
      args: { name: "job_pace", value: share },
    };
    const expiresUs = Number.POSITIVE_INFINITY;
    this.#controller.command(
      { kind: "permit", actionId: PACE, proposalHash: "", expiresUs, action, retreat: false },
      this.#now,
    );
  }

  actuator(name: string): Actuator {
    const can = this.#setting.actuators[name] ?? { slows: true, moves: true };
    const inner = simActuator(name, (message) => this.#hear(name, message));
    return {
      ...inner,
      moves: can.moves,
      slow: (effect) => can.slows && inner.slow(effect),
      heartbeat: (effect) => {
        this.#seen = { state: effect.state, mayMove: effect.mayMove };
        return inner.heartbeat(effect);
      },
      permit: (effect, nowUs) => {
        this.#asked = name;
        return inner.permit(effect, nowUs);
      },
    };
  }

  step(): void {
    this.#now += STEP_US;
    const { kinematics, deployment } = this.#setting;
    this.hand.step(STEP_S);
    this.#controller.step(this.#now, this.#isSluggish() ? STEP_S / SLUGGISH : STEP_S);
    kinematics.tool(this.#controller.q, this.#tool);
    for (let k = 0; k < 3; k++) this.#toolVelocity[k] = (this.#tool[k]! - this.#toolBefore[k]!) / STEP_S;
    this.#toolBefore.set(this.#tool);
    const door = this.#door;
    if (door === null) return;
    this.#measure(door);
    this.#controller.reports(({ report, actionId, detail }) => {
      if (actionId !== PACE) door.actuator(this.#asked, report, actionId, detail);
    });
    // a cell without an actuator has no heartbeat to look at
    if (Object.keys(deployment.actuators).length > 0) this.#tour?.step(this.#now, this.#seen, door);
    this.after(this.#now);
  }

  #measure(door: Door): void {
    const state = {
      q: this.#controller.q,
      qd: this.#controller.qd,
      toolVelocity: this.#toolVelocity,
      person: this.hand.person,
      pushN: this.hand.pushN,
    };
    for (const entry of this.#sensors) {
      const { sensor } = entry;
      const { name, index, config } = sensor.binding;
      const fault = this.hand.ofChannel(name, this.#now);
      for (; entry.dueUs <= this.#now; entry.dueUs += sensor.periodUs) {
        entry.seq++;
        if (fault === "lost") continue;
        if (fault !== "frozen") sensor.read(state, ailmentOf(fault));
        const stamp = config.stamped ? this.#epoch + Math.floor(entry.dueUs) : NO_STAMP;
        door.sample(
          index,
          sensor.values,
          sensor.values.length,
          stamp,
          config.stamped ? entry.seq : NO_SOURCE_SEQ,
        );
      }
    }
  }

  /** what an actuator says reaches the arm, unless a fault makes it deaf to stops */
  #hear(actuator: string, message: OutMessage): void {
    const deaf = this.hand.faultOf(actuator, this.#now) === "deaf";
    if (deaf && (message.kind === "stop" || (message.kind === "heartbeat" && !message.mayMove))) return;
    this.#controller.command(message, this.#now);
  }

  #isSluggish(): boolean {
    const { actuators } = this.#setting.deployment;
    return (
      !this.#seen.mayMove &&
      Object.keys(actuators).some((name) => this.hand.faultOf(name, this.#now) === "sluggish")
    );
  }

  #armController(): ArmController {
    const { robot } = this.#setting.deployment;
    const { stretch } = this.work;
    const planner = {
      stretch: (from: readonly number[], to: readonly number[], pauseS: number) => stretch(from, to, pauseS),
    };
    return new ArmController({
      plan: this.work.plan,
      rampS: (robot.stopTimeMs / 1_000) * RAMP_SHARE,
      obeys: true,
      latencyUs: 0,
      planAction: (from, action, home) => permittedPlan(robot, planner, from, action, home),
      planBack: (from, home) => ({
        from: [...from],
        stretches: [planner.stretch([...from], home, 0)],
        repeats: false,
      }),
    });
  }
}
