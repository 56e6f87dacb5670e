import { EXIT, UserError } from "../../core/base/user-error.ts";
import { type ArtefactStore, openStore } from "../../node/in-use/index.ts";
import { type OpenFleet, type RunEnd, type RunRequest, runCell } from "../../node/run/index.ts";
import { openNodeFleet } from "./node-end.ts";

/**
 * Runs the node of a deployment until its length has passed or its signal says so: cell, wires, ledger, tape,
 * promotion, shadow, page, control endpoint and the fleet that the deployment names. What `cellgate run` runs.
 */
export const runNode = (request: RunRequest): Promise<RunEnd> => runCell(request, openFleet);

/** The fleet section of a deployment, for a node that runs; null without one. */
const openFleet: OpenFleet = ({ parts, own, status, restart, say }) => {
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
  say(`fleet ${fleet.name}: public key of this cell ${opened.publicKey}`);
  return opened;
};
