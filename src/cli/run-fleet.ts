import { type Composition } from "../node/index.ts";
import type { GoodConfig } from "../node/deployment/index.ts";
import type { NodeStatus } from "../core/domain/index.ts";
import { openNodeFleet } from "../fleet/index.ts";
import { type ArtefactStore, openStore } from "../node/in-use/index.ts";
import { EXIT, type Io, UserError } from "./command.ts";

/** The fleet section of a deployment, for a node that runs; null without one. `own`: the file alone. */
export function openFleet(
  parts: Composition,
  own: GoodConfig,
  status: () => NodeStatus,
  restart: (why: string) => void,
  io: Io,
): { close(): Promise<void> } | null {
  const { fleet, cell } = own.deployment;
  if (fleet === undefined) return null;
  const { dataDir } = parts.options;
  const storeOf = (): ArtefactStore => {
    const store = openStore(dataDir);
    if (!store.ok) throw new UserError(store.error.detail, "restore the data folder", EXIT.failed);
    return store.value;
  };
  const now = (): number => parts.clock.epoch + parts.clock.now();
  const { boot } = parts.ledger.recovered;
  let receipts = 0;
  const opened = openNodeFleet({
    fleet,
    own,
    openStore: storeOf,
    dataDir,
    door: parts.node.door,
    status,
    now,
    restart,
    receipt: (body) =>
      void parts.ledger.append({
        receipt_id: `fleet-${boot}-${receipts++}`,
        at: now(),
        cell,
        config_hash: parts.node.configHash,
        body,
      }),
    stored: () => parts.ledger.flush(),
  });
  parts.observers.push((effect) => opened.observe(effect));
  io.err(`fleet ${fleet.name}: public key of this cell ${opened.publicKey}`);
  return opened;
}
