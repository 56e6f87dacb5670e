import { BLOCK_REPEAT_PERIOD_US, type Micros, msToMicros } from "../core/domain/index.ts";
import type { Composition } from "./compose.ts";

/** beyond what the actuators may take to confirm: the last of them has to be heard, too */
const BEYOND_CHAIN_MS = 500;
/** below what a service manager waits before it kills */
const END_MAX_MS = 5_000;
/** a command that a wire lost is sent again before the wire closes */
const REPEATS = 2;
const POLL_MS = 5;

/** How a run left the robot. */
export type LeftAs = "standing" | "unmeasured" | "still moving";

/**
 * An end is a stop: every actuator hears it, the receipt is written, and the wires stay open until measured motion has
 * ended, or until the time is over in which it should have.
 */
export async function comeToRest(
  { node }: Pick<Composition, "node">,
  why: string,
  /** moves time on to the moment given, or until `done` */
  drive: (endUs: number, done: () => boolean) => Promise<void>,
): Promise<LeftAs> {
  const { cell, door, deployment } = node;
  const mayMove = ["RUNNING", "SLOW", "RETREATING"].includes(cell.state);
  door.health("node", "NODE_ENDS", true, why);
  const began = door.ingest.at;
  const confirmMs = Object.values(deployment.actuators).reduce((sum, { confirmMs: own }) => sum + own, 0);
  const heard = (): boolean => !mayMove || door.ingest.at - began > REPEATS * BLOCK_REPEAT_PERIOD_US;
  const boundMs = Math.min(END_MAX_MS, confirmMs + BEYOND_CHAIN_MS);
  await drive(began + msToMicros(boundMs), () => heard() && cell.block.rest !== "moving");
  return cell.block.rest === "moving" ? "still moving" : cell.block.rest;
}

/** Live time for an end: the driver has stopped, the sources go on. */
export async function driveToRest(
  { node, clock }: Pick<Composition, "node" | "clock">,
  endUs: number,
  done: () => boolean,
): Promise<void> {
  while (clock.now() < endUs && !done()) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    node.door.advance(clock.now() as Micros);
  }
}
