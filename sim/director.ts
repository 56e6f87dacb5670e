import type { OutMessage } from "../src/edge/ports/index.ts";
import { ArmController } from "./arm-controller.ts";
import {
  ArmMotion,
  type CellDescription,
  ARM_JOINTS,
  COMMAND,
  COMMAND_WIDTH,
  STEP_S,
} from "../src/core/physics/index.ts";
import { createPlanner } from "./arm-path.ts";
import { permittedPlan } from "./permitted-action.ts";
import { createTrackCursor, type TrackCursor } from "./person.ts";
import type { Scenario } from "./scenario.ts";

export interface DirectorSetting {
  readonly cell: CellDescription;
  readonly scenario: Scenario;
  /** true: the arm moves only with the node's leave; false: it does its job whatever the node says */
  readonly obeys: boolean;
  /** true for engines that move joints by torques */
  readonly torques: boolean;
}
/** Share of the payload that hangs on while it slips, and for how long each jerk lasts. */
const SLIP_SHARE = 0.55;
const SLIP_JERK_US = 40_000;
const SLIP_JERKS = 5;
/** Share of the stop time in which the pace goes from full to zero; command and servo need the rest. */
const RAMP_SHARE = 0.8;

/** Decides every millisecond where everything shall be. The same for all engines. */
export class Director {
  /** the row for the engine; valid until the next step */
  readonly command = new Float64Array(COMMAND_WIDTH);
  readonly controller: ArmController;
  readonly #setting: DirectorSetting;
  readonly #motion: ArmMotion | null;
  readonly #body: TrackCursor;
  readonly #hand: TrackCursor;
  readonly #torque = new Float64Array(ARM_JOINTS);
  #armedAtUs = -1;

  constructor(setting: DirectorSetting) {
    const { cell, scenario, obeys, torques } = setting;
    this.#setting = setting;
    this.controller = controllerOf(cell, scenario, obeys);
    this.#motion = torques || scenario.cable !== null ? new ArmMotion(cell) : null;
    this.#body = createTrackCursor(scenario.person.body);
    this.#hand = createTrackCursor(scenario.person.hand);
    this.#fill(0);
  }

  /** when the arm was let go for the first time: zero of the scenario's own clock; -1: not yet */
  get armedAtUs(): number {
    return this.#armedAtUs;
  }

  hear(message: OutMessage, nowUs: number): void {
    this.controller.command(message, nowUs);
  }

  step(nowUs: number): void {
    this.controller.step(nowUs, STEP_S);
    if (this.#armedAtUs < 0 && this.controller.rate > 0) this.#armedAtUs = nowUs;
    this.#fill(this.#armedAtUs < 0 ? 0 : nowUs - this.#armedAtUs);
  }

  #fill(t: number): void {
    const { payload } = this.#setting.scenario;
    this.command[COMMAND.nominalKg] = payload.nominalKg;
    this.command[COMMAND.payloadKg] = heldKg(payload, t);
    this.#moveArm();
    this.#movePerson(t);
    this.#pull(t);
  }

  #moveArm(): void {
    const { command, controller } = this;
    const { cell, scenario, torques } = this.#setting;
    for (let i = 0; i < ARM_JOINTS; i++) {
      command[COMMAND.q + i] = controller.q[i]!;
      command[COMMAND.qd + i] = controller.qd[i]!;
      command[COMMAND.qdd + i] = controller.qdd[i]!;
      command[COMMAND.disturbance + i] =
        -scenario.frictionFactor * cell.arm.joints[i]!.frictionNmSPerRad * controller.qd[i]!;
    }
    this.#motion?.update(controller.q, controller.qd, controller.qdd);
    if (!torques) return;
    this.#motion!.torques(command[COMMAND.nominalKg]!, this.#torque);
    for (let i = 0; i < ARM_JOINTS; i++) command[COMMAND.torque + i] = this.#torque[i]!;
  }

  #movePerson(t: number): void {
    const { body, hand } = this.#setting.cell.person;
    this.#body.seek(t);
    this.#hand.seek(t);
    this.#place(this.#body, 2, 0, body.massKg);
    this.#place(this.#hand, 3, 2, hand.massKg);
  }

  #place({ p, v, a }: TrackCursor, axes: number, first: number, massKg: number): void {
    for (let k = 0; k < axes; k++) {
      this.command[COMMAND.person + first + k] = p[k]!;
      this.command[COMMAND.personVelocity + first + k] = v[k]!;
      this.command[COMMAND.personForce + first + k] = massKg * a[k]!;
    }
  }

  #pull(t: number): void {
    const { cable } = this.#setting.scenario;
    const motion = this.#motion;
    for (let k = 0; k < 3; k++) this.command[COMMAND.pull + k] = 0;
    if (cable === null || motion === null || t < cable.fromUs) return;
    const [x, y, z] = [
      cable.anchor[0] - motion.toolAt[0]!,
      cable.anchor[1] - motion.toolAt[1]!,
      cable.anchor[2] - motion.toolAt[2]!,
    ];
    const length = Math.sqrt(x * x + y * y + z * z);
    const perMetre = (cable.stiffnessNPerM * Math.max(0, length - cable.slackM)) / length;
    this.command[COMMAND.pull] = perMetre * x;
    this.command[COMMAND.pull + 1] = perMetre * y;
    this.command[COMMAND.pull + 2] = perMetre * z;
  }
}

function controllerOf(cell: CellDescription, scenario: Scenario, obeys: boolean): ArmController {
  const planner = createPlanner(cell);
  return new ArmController({
    plan: scenario.arm,
    rampS: (cell.arm.stopTimeMs / 1000) * RAMP_SHARE,
    obeys,
    latencyUs: scenario.actuatorLatencyUs,
    planAction: (from, action, home) => permittedPlan(cell.arm, planner, from, action, home),
    planBack: (from, home) => ({
      from: [...from],
      stretches: [planner.stretch([...from], home, 0)],
      repeats: false,
    }),
  });
}

/** What hangs in the gripper: all of it, none after a drop, less by jerks while it slips. */
function heldKg({ actualKg, dropAtUs, slipAtUs }: Scenario["payload"], t: number): number {
  if (dropAtUs >= 0 && t >= dropAtUs) return 0;
  const jerk = slipAtUs < 0 || t < slipAtUs ? -1 : Math.floor((t - slipAtUs) / SLIP_JERK_US);
  return jerk >= 0 && jerk < 2 * SLIP_JERKS && jerk % 2 === 0 ? actualKg * SLIP_SHARE : actualKg;
}
