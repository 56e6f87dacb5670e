import type { Deployment } from "../../src/core/domain/index.ts";

/** What can be wrong with one part of a simulated cell of one's own. */
export const CELL_FAULTS = {
  lost: "the channel, or every channel of the transport, falls silent",
  frozen: "the channel repeats its last value",
  blind: "the channel sees nobody",
  noisy: "twenty times the usual noise",
  pressed: "the e-stop is pressed, both contacts",
  "one-contact": "only the first contact of the e-stop opens",
  deaf: "the actuator does not hear a stop",
  sluggish: "the arm needs twice the stated time to stop",
} as const;
export type CellFaultKind = keyof typeof CELL_FAULTS;

export interface CellFault {
  /** a channel, a transport, an actuator */
  readonly part: string;
  readonly kind: CellFaultKind;
  readonly fromUs: number;
  readonly untilUs: number;
}

const KINDS = Object.keys(CELL_FAULTS) as CellFaultKind[];
const SYNTAX = /^([a-z][a-z0-9_]*)=([a-z-]+)(?:@(\d+(?:\.\d+)?)s?(?:\+(\d+(?:\.\d+)?)s?)?)?$/;
const OF_ACTUATORS: ReadonlySet<CellFaultKind> = new Set(["deaf", "sluggish"]);
export const FAULT_SYNTAX = "PART=KIND, PART=KIND@10s (from then on) or PART=KIND@10s+5s (for so long)";
const FROM_US = 10_000_000;

/** A fault as it is written on the command line; words when it cannot be. */
export function readCellFault(
  text: string,
  { channels, transports, actuators }: Deployment,
): CellFault | string {
  const match = SYNTAX.exec(text);
  if (match === null) return `"${text}" is no fault: write ${FAULT_SYNTAX}`;
  const [, part = "", word = "", from, length] = match;
  const kind = KINDS.find((known) => known === word);
  if (kind === undefined) return `no fault is called "${word}"; there are ${KINDS.join(", ")}`;
  const owners = OF_ACTUATORS.has(kind)
    ? { actuators }
    : kind === "lost"
      ? { channels, transports }
      : { channels };
  if (!Object.values(owners).some((owner) => Object.hasOwn(owner, part)))
    return `"${kind}" needs one of ${Object.values(owners)
      .flatMap((owner) => Object.keys(owner))
      .join(", ")}, not "${part}"`;
  const fromUs = from === undefined ? FROM_US : Number(from) * 1e6;
  return {
    part,
    kind,
    fromUs,
    untilUs: length === undefined ? Number.POSITIVE_INFINITY : fromUs + Number(length) * 1e6,
  };
}
