import type { ReceiptBody } from "../../core/domain/index.ts";
import { ledgerSchema } from "../../core/domain/deployment/ledger.ts";
import { type Ledger, openLedger } from "../../edge/ledger/index.ts";
import { programVersion } from "../../node/index.ts";
import { EXIT, UserError } from "../command.ts";

/** Every decision of a centre is a receipt in its own ledger. Its one writer is also the lock of the folder. */
export interface CentreLedger {
  receipt(body: ReceiptBody): void;
  close(): Promise<void>;
}

export async function openCentreLedger(
  dir: string,
  planHash: string,
  whoElse = "another centre runs in this folder: one at a time",
): Promise<CentreLedger> {
  const cell = "rollout_centre";
  const ledger: Ledger = await openLedger({
    dir,
    cell,
    configHash: planHash,
    program: programVersion(),
    settings: ledgerSchema.parse({}),
    onStored: () => {},
    onHealth: () => {},
  }).catch((cause: Error) => {
    throw new UserError(`the ledger in ${dir} cannot be opened: ${cause.message}`, whoElse, EXIT.failed);
  });
  let n = 0;
  return {
    receipt(body) {
      const receipt_id = `rollout-${ledger.recovered.boot}-${n++}`;
      if (!ledger.append({ receipt_id, at: Date.now() * 1_000, cell, config_hash: planHash, body }))
        throw new UserError("a receipt was refused by the ledger", "check the disk", EXIT.failed);
    },
    async close() {
      await ledger.flush();
      await ledger.close();
    },
  };
}
