import type { Effect, EntryOf, Micros, NodeStatus } from "../../core/domain/index.ts";
import type { Composition } from "../compose.ts";
import type { GoodConfig } from "../deployment/index.ts";
import type { SimulateSetting } from "./simulated-config.ts";

/** One run of a node: everything that a person or a program may ask of it. */
export interface RunRequest {
  /** path of the deployment file, or a deployment that was loaded before */
  readonly deployment: string | GoodConfig;
  /**
   * The node's own folder, for ledger, keys, tokens and artefacts. Absent: `data` in the working directory, which
   * a simulated run empties first when a simulated run made it, and never otherwise.
   */
  readonly dataDir?: string;
  /** folder that relative names and the default folder count from. Absent: the working directory */
  readonly cwd?: string;
  /** of all randomness; the same seed gives the same digest in a simulated cell. Absent: a random one */
  readonly seed?: number;
  /** length of the run; in a simulated cell simulated time. Absent: until `signal` */
  readonly lengthMs?: number;
  /** 1: real time, the default; "max": as fast as the machine, in simulated cells only */
  readonly speed?: 1 | "max";
  /** what happens in a simulated cell, instead of the deployment's own scenario */
  readonly scenario?: string;
  /** a planner proposes in the simulated demonstration cell, and a shift lead answers */
  readonly planner?: boolean;
  /** runs the deployment's own cell in a simulated world: no wire is opened, nothing real moves */
  readonly simulate?: SimulateSetting;
  /** records everything that enters the cell into this MCAP file */
  readonly tape?: string;
  /** port of the page instead of the deployment's; 0: any free one */
  readonly port?: number;
  /** file of a candidate that listens beside the cell and moves nothing */
  readonly shadow?: string;
  /** ends the run in order: the cell is blocked first, then wires, tape and ledger close */
  readonly signal?: AbortSignal;
  /** called each time the node begins; what it returns hears of that life until it ends */
  readonly follow?: (life: NodeLife) => RunFollower | Promise<RunFollower>;
}

/** A node from one start to its end. A run has several when what was taken into use needs a new start. */
export interface NodeLife {
  /** what the page and `cellgate status` show */
  status(): NodeStatus;
  /** what a code means, ours or one that an extension brought */
  readonly entryOf: EntryOf;
  /** hears every effect of the cell: receipts, blocks, permits */
  observe(listener: (effect: Effect, t: Micros) => void): void;
}

/** Who watches a run. Every part is optional. */
export interface RunFollower {
  /** a line of words for a person */
  say?(line: string): void;
  /** the page for people listens at this address */
  page?(url: string): void;
  /** the life has ended; false: it did not come about */
  end?(ran: boolean): void;
}

/** What became of a run. */
export interface RunEnd {
  /** "over": its length has passed; "stopped": `signal` ended it */
  readonly why: "over" | "stopped";
  /** time that the last life lasted, in microseconds */
  readonly endUs: number;
  readonly seed: number;
  readonly state: NodeStatus["state"];
  readonly receipts: number;
  readonly events: number;
  readonly configHash: string;
  readonly dataDir: string;
  readonly tape: string | null;
  /** file of the last stop; null: nothing stopped the cell */
  readonly blackBox: string | null;
  /** over all receipts of the last life */
  readonly digest: string;
}

/** What a fleet's end needs of a running node; the fleet is a layer above and comes as an argument. */
export interface FleetPlace {
  readonly parts: Composition;
  /** the deployment's file alone, without what is in use on top of it */
  readonly own: GoodConfig;
  status(): NodeStatus;
  /** ends the node in order, so that it begins again */
  restart(why: string): void;
  say(line: string): void;
}
/** Connects a node to its fleet; null: its deployment names none. */
export type OpenFleet = (place: FleetPlace) => { close(): Promise<void> } | null;
