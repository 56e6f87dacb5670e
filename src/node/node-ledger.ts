import { randomBytes } from "node:crypto";
import { EXIT, UserError } from "../core/base/user-error.ts";
import { troubleWith } from "../core/base/trouble-with.ts";
import type { Code } from "../core/domain/index.ts";
import { StateWriter } from "../edge/files/index.ts";
import {
  hasWriter,
  type Ledger,
  openLedger,
  openSignedRequests,
  openStageFile,
  stateKey,
  unavailableLedger,
} from "../edge/ledger/index.ts";
import type { Clock, SignedRequests } from "../edge/ports/index.ts";
import type { StageKeeper } from "./carrier.ts";
import type { GoodConfig } from "./deployment/index.ts";
import { programVersion } from "./version.ts";

interface LedgerPlace {
  readonly dataDir: string;
  readonly config: GoodConfig;
}
type OnHealth = (part: string, code: Code, active: boolean, detail: string) => void;

/** What a node keeps over its end: receipts and latches, the stage that a person chose, the requests that people signed. */
export interface Kept {
  readonly ledger: Ledger;
  readonly stages: StageKeeper;
  readonly signed: SignedRequests;
}

export const openLedgerOf = (
  { dataDir, config }: LedgerPlace,
  stateWriter?: StateWriter,
  onHealth: OnHealth = () => undefined,
): Promise<Ledger> =>
  openLedger({
    dir: dataDir,
    cell: config.deployment.cell,
    configHash: config.hash,
    program: programVersion(),
    settings: config.deployment.ledger,
    ...(stateWriter && { stateWriter }),
    onStored: () => undefined,
    onHealth: (code, active, detail) => onHealth("ledger", code, active, detail),
  });

/**
 * The node's ledger; where it cannot be opened, one that keeps nothing stands in its place and the cell is held. A folder that another
 * node writes to ends the start: two nodes must not speak on the same wires. So does one of a simulated run, which protects nobody.
 */
export async function nodeLedger(
  options: LedgerPlace,
  isLive: boolean,
  writer: StateWriter,
  onHealth: OnHealth,
): Promise<Ledger> {
  try {
    return await openLedgerOf(options, writer, onHealth);
  } catch (cause) {
    const why = troubleWith(cause);
    if (isTaken(options.dataDir))
      throw new UserError(
        `another node is running on ${options.dataDir}`,
        "stop it, or give this one a folder of its own with --data DIR",
        EXIT.failed,
      );
    if (!isLive)
      throw new UserError(
        `the ledger in ${options.dataDir} cannot be opened: ${why}`,
        "give the run another folder with --data DIR",
        EXIT.failed,
      );
    return unavailableLedger(why);
  }
}
function isTaken(dataDir: string): boolean {
  try {
    return hasWriter(dataDir);
  } catch {
    return false;
  }
}

/** No start has the number 0: it is the one without a ledger. */
export const isUnavailable = ({ recovered }: Pick<Ledger, "recovered">): boolean => recovered.boot === 0;

export function keepBeside(
  { dataDir, config }: LedgerPlace,
  clock: Clock,
  ledger: Ledger,
  writer: StateWriter,
  onHealth: OnHealth,
): Omit<Kept, "ledger"> {
  const { boot, instance } = ledger.recovered;
  const kept = !isUnavailable(ledger);
  // files are sealed with the key of their ledger: without it nothing is written over them
  const by = { key: kept ? stateKey(dataDir) : randomBytes(32), boot };
  const stages = kept
    ? openStageFile(dataDir, config.hash, by, writer, (active, detail) =>
        onHealth("gate", "STAGE_STATE_WRITE_FAILED", active, detail),
      )
    : { keep: () => onHealth("gate", "STAGE_STATE_WRITE_FAILED", true, "the ledger cannot be opened") };
  const signed = openSignedRequests({
    dataDir,
    instance,
    by,
    writer: kept ? writer : null,
    wallUs: () => clock.epoch + clock.now(),
    onFailure: (active, detail) => onHealth("requests", "LEDGER_STATE_WRITE_FAILED", active, detail),
  });
  return { stages, signed };
}
