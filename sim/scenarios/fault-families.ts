import { hypot3 } from "../../src/core/base/math.ts";
import type { Prng } from "../../src/core/base/prng.ts";
import { workPlan } from "../arm-path.ts";
import { standing } from "../person.ts";
import type { Cause, ContactClass, Scenario, SensorFault, SimChannel } from "../scenario.ts";
import { between, type Built, type Family, type Kit, NOBODY, pickOne, SCENARIO_US, walking } from "./kit.ts";
import { walkBy } from "./person-families.ts";

const secondsUs = (seconds: number): number => Math.round(seconds * 1e6);
const bystander = walking(standing([2.2, 0.6, 0]));
const payload = (kit: Kit, change: Partial<Scenario["payload"]>): Scenario["payload"] => ({
  nominalKg: kit.cell.tool.payloadKg,
  actualKg: kit.cell.tool.payloadKg,
  dropAtUs: -1,
  slipAtUs: -1,
  ...change,
});
const job = (kit: Kit, prng: Prng) => workPlan(kit.cell, kit.planner, { pace: between(prng, 0.85, 1) });

function droppedPayload(kit: Kit, prng: Prng): Built {
  return {
    arm: job(kit, prng),
    person: bystander,
    causes: ["payload-dropped"],
    payload: payload(kit, { dropAtUs: secondsUs(between(prng, 1.8, 3.6)) }),
  };
}
function slipInGripper(kit: Kit, prng: Prng): Built {
  return {
    arm: job(kit, prng),
    person: bystander,
    causes: ["payload-slips"],
    payload: payload(kit, { slipAtUs: secondsUs(between(prng, 1.8, 3.6)) }),
  };
}
function cablePull(kit: Kit, prng: Prng): Built {
  const anchor = [between(prng, 0.1, 0.3), between(prng, -0.9, -0.7), between(prng, 0.5, 0.8)] as const;
  const { home } = kit.cell.work;
  const atHomeM = hypot3(home[0] - anchor[0], home[1] - anchor[1], home[2] - anchor[2]);
  return {
    arm: job(kit, prng),
    person: bystander,
    causes: ["cable"],
    cable: {
      anchor,
      slackM: atHomeM + between(prng, 0.02, 0.1),
      stiffnessNPerM: between(prng, 150, 500),
      fromUs: 0,
    },
  };
}
function zoneEntry(kit: Kit, prng: Prng): Built {
  const zone = kit.cell.zones[0]!;
  const at = (k: 0 | 1 | 2, share: number): number => zone.minM[k] + (zone.maxM[k] - zone.minM[k]) * share;
  const pick = [
    at(0, between(prng, 0.6, 0.9)),
    at(1, between(prng, 0.7, 0.9)),
    at(2, between(prng, 0.25, 0.4)),
  ] as const;
  return {
    arm: workPlan(kit.cell, kit.planner, { pick, pace: between(prng, 0.85, 1) }),
    person: NOBODY,
    causes: ["zone"],
  };
}
function emergencyStop(kit: Kit, prng: Prng): Built {
  const fromUs = secondsUs(between(prng, 1, 3.5));
  return {
    arm: job(kit, prng),
    person: bystander,
    causes: ["emergency-stop"],
    presses: [{ fromUs, untilUs: SCENARIO_US, discrepancyUs: pickOne(prng, [0, 10_000, 30_000, -1]) }],
  };
}

/** A walk-by during which something else is wrong too. */
const during =
  (cause: Cause, change: (prng: Prng, built: Built, kit: Kit) => Partial<Built>) =>
  (kit: Kit, prng: Prng, wanted: ContactClass): Built | null => {
    const built = walkBy(kit, prng, wanted);
    return built && { ...built, causes: ["person", cause], ...change(prng, built, kit) };
  };
const faulty = (
  prng: Prng,
  kind: "blind" | "frozen" | "lost",
  channels: readonly SimChannel[],
): Partial<Built> => {
  const fault: SensorFault = {
    channel: pickOne(prng, channels),
    kind,
    fromUs: secondsUs(between(prng, 0.4, 1.5)),
    untilUs: SCENARIO_US,
  };
  return { sensorFaults: [fault] };
};
const RANGING: readonly SimChannel[] = ["tool_prox", "base_scan"];
const EITHER: readonly ContactClass[] = ["miss", "near", "collide"];

export const FAULT_FAMILIES: readonly Family[] = [
  {
    name: "dropped-payload",
    summary: "the payload falls out of the gripper",
    classes: ["miss"],
    build: droppedPayload,
  },
  {
    name: "slip-in-gripper",
    summary: "the payload slips in the gripper",
    classes: ["miss"],
    build: slipInGripper,
  },
  {
    name: "cable-pull",
    summary: "a cable tightens and pulls at the tool",
    classes: ["miss"],
    build: cablePull,
  },
  {
    name: "forbidden-zone",
    summary: "the programmed path enters a forbidden zone",
    classes: ["miss"],
    build: zoneEntry,
  },
  {
    name: "emergency-stop",
    summary: "somebody presses the emergency stop",
    classes: ["miss"],
    build: emergencyStop,
  },
  {
    name: "sensor-blinded",
    summary: "a ranging sensor sees nothing while a person walks past",
    classes: EITHER,
    build: during("sensor-blinded", (prng) => faulty(prng, "blind", RANGING)),
  },
  {
    name: "sensor-frozen",
    summary: "a source repeats its last value while a person walks past",
    classes: EITHER,
    build: during("sensor-frozen", (prng) =>
      faulty(prng, "frozen", ["wrist_ft", "joint_states", ...RANGING]),
    ),
  },
  {
    name: "sensor-lost",
    summary: "a source falls silent while a person walks past",
    classes: EITHER,
    build: during("sensor-lost", (prng) => faulty(prng, "lost", ["wrist_ft", "joint_states", ...RANGING])),
  },
  {
    name: "noisy",
    summary: "a ranging sensor becomes noisy while a person walks past",
    classes: EITHER,
    build: during("sensor-noisy", (prng) => ({
      sensorFaults: [
        {
          channel: pickOne(prng, RANGING),
          kind: "noisy",
          factor: between(prng, 5, 20),
          fromUs: 0,
          untilUs: SCENARIO_US,
        },
      ],
    })),
  },
  {
    name: "late-stop",
    summary: "commands reach the robot late while a person walks past",
    classes: EITHER,
    build: during("late-stop", (prng) => ({ actuatorLatencyUs: secondsUs(between(prng, 0.06, 0.2)) })),
  },
  {
    name: "two-causes",
    summary: "a person walks past and the payload drops or a sensor fails",
    classes: EITHER,
    build: during("payload-dropped", (prng, _built, kit) =>
      prng.nextFloat() < 0.5
        ? { payload: payload(kit, { dropAtUs: secondsUs(between(prng, 1.5, 4)) }) }
        : { ...faulty(prng, "lost", RANGING), causes: ["person", "sensor-lost"] },
    ),
  },
];
