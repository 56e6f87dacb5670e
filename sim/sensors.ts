import { assert } from "../src/base/assert.ts";
import { createPrng } from "../src/base/prng.ts";
import type { CellDescription } from "./cell.ts";
import { ARM_JOINTS, FRAME, STEP_US } from "./engine.ts";
import { createNoise } from "./noise.ts";
import { type Scenario, SIM_CHANNELS, type SensorFault, type SimChannel } from "./scenario.ts";

/** `values` is reused: copy what is needed later. `stampUs` is when it was measured, on the simulation's clock. */
export type ReadingCallback = (
  channel: SimChannel,
  values: Float64Array,
  count: number,
  stampUs: number,
  seq: number,
) => void;

/** What the sensors measure in one step besides the frame. */
export interface Seen {
  readonly frame: Float64Array;
  readonly scan: Float64Array;
  /** distance between tool and person, from poses */
  readonly toolM: number;
}
export interface SensorSuite {
  /** measures what is due at this step; `scenarioUs` is the clock of the faults, -1 before it starts */
  measure(step: number, nowUs: number, scenarioUs: number, seen: Seen): void;
  /** hands out what has arrived by now */
  deliver(nowUs: number, each: ReadingCallback): void;
}

interface Channel {
  readonly name: SimChannel;
  readonly every: number;
  readonly values: Float64Array;
  /** the state of the last reading, for a frozen source */
  readonly held: Float64Array;
  readonly faults: readonly SensorFault[];
  readonly read: (channel: Channel, seen: Seen, nowUs: number) => void;
  due: boolean;
  seq: number;
  stampUs: number;
  noise: number;
}
interface Late {
  readonly channel: SimChannel;
  readonly values: Float64Array;
  readonly stampUs: number;
  readonly seq: number;
  readonly atUs: number;
}
/** Readings under way at most: 100 ms of the fastest channels. */
const LATE_MAX = 1_024;

export function createSensors(cell: CellDescription, scenario: Scenario): SensorSuite {
  const { sensors } = cell;
  const noise = createNoise(createPrng(scenario.seed).split("sensor noise"));
  const offset = (channel: Channel, nowUs: number): number => {
    let sum = 0;
    for (const fault of channel.faults)
      if (fault.kind === "drift" && nowUs >= fault.fromUs)
        sum += fault.offset * Math.min(1, (nowUs - fault.fromUs) / Math.max(1, fault.untilUs - fault.fromUs));
    return sum;
  };
  const blind = (channel: Channel, nowUs: number): boolean => {
    for (const fault of channel.faults)
      if (fault.kind === "blind" && nowUs >= fault.fromUs && nowUs < fault.untilUs) return true;
    return false;
  };
  const readers: Record<
    SimChannel,
    { readonly rateHz: number; readonly width: number; readonly read: Channel["read"] }
  > = {
    wrist_ft: {
      rateHz: sensors.wrench.rateHz,
      width: 6,
      read(channel, { frame }, nowUs) {
        const add = channel.faults.length > 0 ? offset(channel, nowUs) : 0;
        for (let i = 0; i < 3; i++) {
          channel.values[i] =
            frame[FRAME.wrench + i]! + add + noise.next() * sensors.wrench.forceNoiseN * channel.noise;
          channel.values[i + 3] =
            frame[FRAME.wrench + 3 + i]! + noise.next() * sensors.wrench.torqueNoiseNm * channel.noise;
        }
      },
    },
    tool_prox: {
      rateHz: sensors.proximity.rateHz,
      width: 1,
      read(channel, { toolM }, nowUs) {
        const { maxM, noiseM } = sensors.proximity;
        const range = blind(channel, nowUs) ? maxM : Math.min(maxM, Math.max(0, toolM));
        channel.values[0] = Math.max(
          0,
          range + offset(channel, nowUs) + noise.next() * noiseM * channel.noise,
        );
      },
    },
    base_scan: {
      rateHz: sensors.scan.rateHz,
      width: sensors.scan.rays,
      read(channel, { scan }, nowUs) {
        const { maxM, noiseM, rays } = sensors.scan;
        const dark = blind(channel, nowUs);
        for (let i = 0; i < rays; i++) {
          const range = (dark ? maxM : Math.min(maxM, scan[i]!)) + noise.next() * noiseM * channel.noise;
          channel.values[i] = range > 0 ? range : 0;
        }
      },
    },
    joint_states: {
      rateHz: sensors.joints.rateHz,
      width: 3 * ARM_JOINTS,
      read(channel, { frame }) {
        const { positionNoiseRad, velocityNoiseRadPerS, effortNoiseNm } = sensors.joints;
        for (let i = 0; i < ARM_JOINTS; i++) {
          channel.values[i] = frame[FRAME.q + i]! + noise.next() * positionNoiseRad * channel.noise;
          channel.values[ARM_JOINTS + i] =
            frame[FRAME.qd + i]! + noise.next() * velocityNoiseRadPerS * channel.noise;
          channel.values[2 * ARM_JOINTS + i] =
            frame[FRAME.torque + i]! + noise.next() * effortNoiseNm * channel.noise;
        }
      },
    },
    estop: {
      rateHz: sensors.estop.rateHz,
      width: 2,
      read(channel, _seen, nowUs) {
        channel.values.fill(1);
        for (const press of scenario.presses) {
          if (nowUs >= press.fromUs && nowUs < press.untilUs) channel.values[0] = 0;
          const lag = press.discrepancyUs;
          if (lag >= 0 && nowUs >= press.fromUs + lag && nowUs < press.untilUs + lag) channel.values[1] = 0;
        }
      },
    },
    cell_heartbeat: {
      rateHz: sensors.heartbeat.rateHz,
      width: 1,
      read(channel) {
        channel.values[0] = channel.seq;
      },
    },
  };
  const channels = SIM_CHANNELS.map((name): Channel => {
    const { rateHz, width, read } = readers[name];
    const every = 1e6 / STEP_US / rateHz;
    assert(Number.isInteger(every), `${name}: ${rateHz} Hz is no whole number of steps`);
    return {
      name,
      every,
      values: new Float64Array(width),
      held: new Float64Array(width),
      read,
      due: false,
      seq: -1,
      stampUs: 0,
      noise: scenario.noiseFactor,
      faults: scenario.sensorFaults.filter((fault) => fault.channel === name),
    };
  });
  const late: Late[] = [];
  const latencyUs = scenario.sensorLatencyUs;

  /** true: nothing comes out of the channel now */
  const suffer = (channel: Channel, nowUs: number): boolean => {
    let lost = false;
    let frozen = false;
    channel.noise = scenario.noiseFactor;
    for (const fault of channel.faults) {
      if (nowUs < fault.fromUs || nowUs >= fault.untilUs) continue;
      if (fault.kind === "lost") lost = true;
      else if (fault.kind === "frozen") frozen = true;
      else if (fault.kind === "noisy") channel.noise *= fault.factor;
    }
    if (frozen) channel.values.set(channel.held);
    return lost || frozen;
  };
  const isLost = (channel: Channel, nowUs: number): boolean =>
    channel.faults.some((fault) => fault.kind === "lost" && nowUs >= fault.fromUs && nowUs < fault.untilUs);

  return {
    measure(step, nowUs, scenarioUs, seen) {
      for (const channel of channels) {
        channel.due = step % channel.every === 0;
        if (!channel.due) continue;
        channel.seq++;
        channel.stampUs = nowUs;
        if (channel.faults.length > 0 && suffer(channel, scenarioUs))
          channel.due = !isLost(channel, scenarioUs);
        else {
          channel.read(channel, seen, scenarioUs);
          if (channel.faults.length > 0) channel.held.set(channel.values);
        }
        if (latencyUs === 0 || !channel.due) continue;
        if (late.length >= LATE_MAX) late.shift();
        late.push({
          channel: channel.name,
          values: channel.values.slice(),
          stampUs: nowUs,
          seq: channel.seq,
          atUs: nowUs + latencyUs,
        });
      }
    },
    deliver(nowUs, each) {
      if (latencyUs > 0)
        for (; late.length > 0 && late[0]!.atUs <= nowUs; late.shift()) {
          const { channel, values, stampUs, seq } = late[0]!;
          each(channel, values, values.length, stampUs, seq);
        }
      else
        for (const channel of channels)
          if (channel.due) {
            channel.due = false;
            each(channel.name, channel.values, channel.values.length, channel.stampUs, channel.seq);
          }
    },
  };
}
