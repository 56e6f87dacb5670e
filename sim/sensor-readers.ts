import { type CellDescription, ARM_JOINTS, FRAME } from "../src/core/physics/index.ts";
import type { Noise } from "./noise.ts";
import type { Scenario, SimChannel } from "./scenario.ts";

/** What the sensors measure in one step besides the frame. */
export interface Seen {
  readonly frame: Float64Array;
  readonly scan: Float64Array;
  /** distance between tool and person, from poses */
  readonly toolM: number;
}
/** The state of a channel that a reader needs. */
export interface Reading {
  readonly values: Float64Array;
  readonly seq: number;
  /** factor on the sensor's own noise */
  readonly noise: number;
  /** added to the value: drift */
  readonly offset: number;
  /** sees nothing at all */
  readonly blind: boolean;
  /** the scenario's clock, -1 before it starts */
  readonly scenarioUs: number;
}
export interface Reader {
  readonly rateHz: number;
  readonly width: number;
  read(reading: Reading, seen: Seen): void;
}

export function createReaders(
  cell: CellDescription,
  scenario: Scenario,
  noise: Noise,
): Readonly<Record<SimChannel, Reader>> {
  const { wrench, proximity, scan, joints, estop, heartbeat } = cell.sensors;
  return {
    wrist_ft: {
      rateHz: wrench.rateHz,
      width: 6,
      read: (reading, { frame }) => readWrench(reading, frame, noise, wrench),
    },
    tool_prox: {
      rateHz: proximity.rateHz,
      width: 1,
      read({ values, offset, blind, noise: factor }, { toolM }) {
        const range = blind ? proximity.maxM : Math.min(proximity.maxM, Math.max(0, toolM));
        values[0] = Math.max(0, range + offset + noise.next() * proximity.noiseM * factor);
      },
    },
    base_scan: {
      rateHz: scan.rateHz,
      width: scan.rays,
      read: (reading, seen) => readScan(reading, seen.scan, noise, scan),
    },
    joint_states: {
      rateHz: joints.rateHz,
      width: 3 * ARM_JOINTS,
      read: (reading, { frame }) => readJoints(reading, frame, noise, joints),
    },
    estop: { rateHz: estop.rateHz, width: 2, read: (reading) => readEstop(reading, scenario.presses) },
    cell_heartbeat: {
      rateHz: heartbeat.rateHz,
      width: 1,
      read({ values, seq }) {
        values[0] = seq;
      },
    },
  };
}

type Sensors = CellDescription["sensors"];

function readWrench(reading: Reading, frame: Float64Array, noise: Noise, sensor: Sensors["wrench"]): void {
  const { values, offset } = reading;
  for (let i = 0; i < 3; i++) {
    values[i] = frame[FRAME.wrench + i]! + offset + noise.next() * sensor.forceNoiseN * reading.noise;
    values[i + 3] = frame[FRAME.wrench + 3 + i]! + noise.next() * sensor.torqueNoiseNm * reading.noise;
  }
}

function readScan(reading: Reading, scan: Float64Array, noise: Noise, sensor: Sensors["scan"]): void {
  const sigma = sensor.noiseM * reading.noise;
  for (let i = 0; i < sensor.rays; i++) {
    const range = (reading.blind ? sensor.maxM : Math.min(sensor.maxM, scan[i]!)) + noise.next() * sigma;
    reading.values[i] = range > 0 ? range : 0;
  }
}

function readJoints(
  { values, noise: factor }: Reading,
  frame: Float64Array,
  noise: Noise,
  sensor: Sensors["joints"],
): void {
  for (let i = 0; i < ARM_JOINTS; i++) {
    values[i] = frame[FRAME.q + i]! + noise.next() * sensor.positionNoiseRad * factor;
    values[ARM_JOINTS + i] = frame[FRAME.qd + i]! + noise.next() * sensor.velocityNoiseRadPerS * factor;
    values[2 * ARM_JOINTS + i] = frame[FRAME.torque + i]! + noise.next() * sensor.effortNoiseNm * factor;
  }
}

/** Two channels that open together, or one after the other, or only one. */
function readEstop({ values, scenarioUs }: Reading, presses: Scenario["presses"]): void {
  values[0] = values[1] = 1;
  for (const { fromUs, untilUs, discrepancyUs } of presses) {
    if (scenarioUs >= fromUs && scenarioUs < untilUs) values[0] = 0;
    const late = scenarioUs - discrepancyUs;
    if (discrepancyUs >= 0 && late >= fromUs && late < untilUs) values[1] = 0;
  }
}
