import { existsSync, readFileSync, writeSync } from "node:fs";
import type { ReceiptId } from "../../../src/core/domain/index.ts";
import { openLedger } from "../../../src/edge/ledger/index.ts";
import { gateDecision, ledgerSettings, receiptOf } from "./fixture.ts";

/**
 * Child process of the durability tests: appends receipts and says `ACK <id>` once each is stored. What it
 * says is the promise that the tests hold it to.
 * argv: data folder, first number, count, receipts per group, settings as JSON, file whose presence ends it
 */
const [dir = "", first = "0", count = "1", group = "1", settings = "{}", stopFile = ""] =
  process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);

const ledger = await openLedger({
  dir,
  cell: "demo",
  configHash: "0".repeat(64),
  settings: ledgerSettings(JSON.parse(settings)),
  onStored: (ids, ok) => {
    for (const id of ids) say(`${ok ? "ACK" : "NACK"} ${id}`);
  },
  onHealth: (code, active, detail) => say(`HEALTH ${code} ${active} ${detail}`),
});
const { boot, fault, latched } = ledger.recovered;
say(`OPEN ${JSON.stringify({ boot, fault, latched })}`);
for (let n = Number(first); n < Number(first) + Number(count); n += Number(group)) {
  const ids: ReceiptId[] = [];
  for (let k = n; k < n + Number(group); k++) {
    const receipt = receiptOf(boot, k, gateDecision(k));
    if (ledger.append(receipt)) ids.push(receipt.receipt_id as ReceiptId);
    else say(`REFUSED ${receipt.receipt_id}`);
  }
  await Promise.all(ids.map((id) => ledger.whenStored(id)));
  if (stopFile !== "" && existsSync(stopFile) && readFileSync(stopFile, "utf8") === "stop") break;
}
await ledger.flush();
await ledger.close();
say("CLOSED");
