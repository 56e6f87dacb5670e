import type { ReceiptBody } from "../../../src/core/domain/index.ts";
import { openLedger } from "../../../src/edge/ledger/index.ts";
import { ArtefactStore } from "../../../src/node/in-use/index.ts";
import { type CandidateKind, freeze, PART_OF, slotOf } from "../../../src/core/promotion/index.ts";
import { ledgerSettings } from "../../edge/ledger/fixture.ts";

const CELL = "demo_cell";
const note = { code: "PROMOTION_PROMOTED", detail: "commissioned", by: "lead", at: 1 } as const;

/** A whole artefact in the store, about which nobody has decided. */
export function keep(dataDir: string, kind: CandidateKind, text: string): string {
  const parts = { [PART_OF[kind]]: Buffer.from(text) };
  const frozen = freeze(kind, parts);
  const kept = frozen.ok ? new ArtefactStore(dataDir).keep(frozen.value, parts) : frozen;
  if (!kept.ok) throw new Error(kept.error.detail);
  return kept.value;
}

/** Receipts in the ledger of a node that does not run. */
export async function tell(dataDir: string, bodies: readonly ReceiptBody[], cell = CELL): Promise<void> {
  const ledger = await openLedger({
    dir: dataDir,
    cell,
    configHash: "0".repeat(64),
    settings: ledgerSettings(),
    onStored: () => {},
    onHealth: () => {},
  });
  for (const [n, body] of bodies.entries())
    ledger.append({
      receipt_id: `promotion-${ledger.recovered.boot}-${n}`,
      at: Date.now() * 1_000,
      cell,
      config_hash: "0".repeat(64),
      body,
    });
  await ledger.flush();
  await ledger.close();
}

/** In use as after a promotion: decided about in the ledger, then swapped. */
export async function install(
  dataDir: string,
  kind: CandidateKind,
  text: string,
  cell = CELL,
): Promise<string> {
  const candidate = keep(dataDir, kind, text);
  const store = new ArtefactStore(dataDir);
  const terms = { kind: slotOf(kind), detail: note.detail, swapped: true };
  const decided = { step: "decide", outcome: "promoted", code: note.code, terms } as const;
  await tell(
    dataDir,
    [{ receipt_type: "promotion", candidate, baseline: store.active(kind), ...decided }],
    cell,
  );
  const done = store.promote(candidate, note);
  if (!done.ok) throw new Error(done.error.detail);
  return candidate;
}
