import type { OutMessage } from "../src/ports/index.ts";
import { type ActionReport, type ArmController, createArmController } from "./arm-controller.ts";
import { type ArmPlan, createPlanner, type Planner } from "./arm-path.ts";
import { createArmMotion } from "./arm-motion.ts";
import type { CellDescription } from "./cell.ts";
import { ARM_JOINTS, COMMAND, COMMAND_WIDTH, STEP_S } from "./engine.ts";
import { createTrackCursor } from "./person.ts";
import { planOf } from "./permitted-action.ts";
import type { Scenario } from "./scenario.ts";

/** Decides every millisecond where everything shall be. The same for all engines. */
export interface Director {
  /** the row for the engine; valid until the next step */
  readonly command: Float64Array;
  readonly controller: ArmController;
  /** when the arm was let go for the first time: zero of the scenario's own clock; -1: not yet */
  armedAtUs(): number;
  hear(message: OutMessage, nowUs: number): void;
  reports(each: (report: ActionReport) => void): void;
  step(nowUs: number): void;
}
export interface DirectorSetting {
  readonly cell: CellDescription;
  readonly scenario: Scenario;
  /** true: the arm moves only with the node's leave; false: it does its job whatever the node says */
  readonly obeys: boolean;
  /** true for engines that move joints by torques */
  readonly torques: boolean;
  readonly planner?: Planner;
}
/** Share of the payload that hangs on while it slips, and for how long each jerk lasts. */
const SLIP_SHARE = 0.55;
const SLIP_JERK_US = 40_000;
const SLIP_JERKS = 5;

export function createDirector({ cell, scenario, obeys, torques, planner }: DirectorSetting): Director {
  const command = new Float64Array(COMMAND_WIDTH);
  const plans = planner ?? createPlanner(cell);
  const controller = createArmController({
    plan: scenario.arm,
    rampS: (cell.arm.stopTimeMs / 1000) * RAMP_SHARE,
    obeys,
    latencyUs: scenario.actuatorLatencyUs,
    planAction: (from, action, home) => planOf(cell, plans, from, action, home),
    planBack: (from, home): ArmPlan => ({
      from: [...from],
      stretches: [plans.stretch([...from], home, 0)],
      repeats: false,
    }),
  });
  const motion = torques || scenario.cable !== null ? createArmMotion(cell) : null;
  const body = createTrackCursor(scenario.person.body);
  const hand = createTrackCursor(scenario.person.hand);
  const torque = new Float64Array(ARM_JOINTS);
  const { person } = cell;
  let armedAtUs = -1;

  const payloadKg = (t: number): number => {
    const { actualKg, dropAtUs, slipAtUs } = scenario.payload;
    if (dropAtUs >= 0 && t >= dropAtUs) return 0;
    const jerk = slipAtUs < 0 || t < slipAtUs ? -1 : Math.floor((t - slipAtUs) / SLIP_JERK_US);
    return jerk >= 0 && jerk < 2 * SLIP_JERKS && jerk % 2 === 0 ? actualKg * SLIP_SHARE : actualKg;
  };
  const moveArm = (): void => {
    for (let i = 0; i < ARM_JOINTS; i++) {
      command[COMMAND.q + i] = controller.q[i]!;
      command[COMMAND.qd + i] = controller.qd[i]!;
      command[COMMAND.qdd + i] = controller.qdd[i]!;
      command[COMMAND.disturbance + i] =
        -scenario.frictionFactor * cell.arm.joints[i]!.frictionNmSPerRad * controller.qd[i]!;
    }
    motion?.update(controller.q, controller.qd, controller.qdd);
    if (!torques) return;
    motion!.torques(command[COMMAND.nominalKg]!, torque);
    for (let i = 0; i < ARM_JOINTS; i++) command[COMMAND.torque + i] = torque[i]!;
  };
  const movePerson = (t: number): void => {
    body.seek(t);
    hand.seek(t);
    for (let k = 0; k < 2; k++) {
      command[COMMAND.person + k] = body.p[k]!;
      command[COMMAND.personVelocity + k] = body.v[k]!;
      command[COMMAND.personForce + k] = person.body.massKg * body.a[k]!;
    }
    for (let k = 0; k < 3; k++) {
      command[COMMAND.person + 2 + k] = hand.p[k]!;
      command[COMMAND.personVelocity + 2 + k] = hand.v[k]!;
      command[COMMAND.personForce + 2 + k] = person.hand.massKg * hand.a[k]!;
    }
  };
  const pull = (t: number): void => {
    for (let k = 0; k < 3; k++) command[COMMAND.pull + k] = 0;
    const { cable } = scenario;
    if (cable === null || motion === null || t < cable.fromUs) return;
    const way = cable.anchor.map((a, k) => a - motion.toolAt[k]!);
    const length = Math.sqrt(way.reduce((sum, w) => sum + w * w, 0));
    const force = cable.stiffnessNPerM * Math.max(0, length - cable.slackM);
    for (let k = 0; k < 3; k++) command[COMMAND.pull + k] = (force * way[k]!) / length;
  };
  const fill = (t: number): void => {
    command[COMMAND.nominalKg] = scenario.payload.nominalKg;
    command[COMMAND.payloadKg] = payloadKg(t);
    moveArm();
    movePerson(t);
    pull(t);
  };
  fill(0);
  return {
    command,
    controller,
    armedAtUs: () => armedAtUs,
    hear: (message, nowUs) => controller.command(message, nowUs),
    reports: (each) => controller.reports(each),
    step(nowUs) {
      controller.step(nowUs, STEP_S);
      if (armedAtUs < 0 && controller.rate() > 0) armedAtUs = nowUs;
      fill(armedAtUs < 0 ? 0 : nowUs - armedAtUs);
    },
  };
}
/** The servo and the last reading need the rest of the stop time. */
const RAMP_SHARE = 0.8;
