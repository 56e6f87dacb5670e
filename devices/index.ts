import type { Device } from "../src/edge/ports/index.ts";
import { atiNetFt } from "./ati-net-ft/device.ts";
import { benewakeTfmini } from "./benewake-tfmini/device.ts";
import { botaSensone } from "./bota-sensone/device.ts";
import { modbusSafetyRelay } from "./modbus-safety-relay/device.ts";
import { modbusTcp } from "./modbus-tcp/device.ts";
import { optoforceDaq } from "./optoforce-daq/device.ts";
import { plainCsv } from "./plain-csv/device.ts";
import { robotiqFt300 } from "./robotiq-ft300/device.ts";
import { universalRobotsPrimary } from "./universal-robots-primary/device.ts";

/** Every device the node can read. A new one is one line here; the contract suite then runs for it. */
export const DEVICES: readonly Device[] = [
  atiNetFt,
  benewakeTfmini,
  botaSensone,
  modbusSafetyRelay,
  modbusTcp,
  optoforceDaq,
  plainCsv,
  robotiqFt300,
  universalRobotsPrimary,
];
