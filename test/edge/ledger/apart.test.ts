import { writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import type { ReceiptBody } from "../../../src/core/domain/index.ts";
import { readReceipts, receiptsApart } from "../../../src/edge/ledger/index.ts";
import {
  gateDecision,
  makeFolder,
  open,
  receiptOf,
  removeFolders,
  shardPath,
  takenIntoUse,
} from "./fixture.ts";

afterAll(removeFolders);

describe("receipts that no step of the cell wrote", () => {
  it("are found over all shards, in order, and none of the cell's own", async () => {
    const dir = makeFolder();
    const { ledger, append } = await open(dir, { shardMaxReceipts: 100 });
    const rollback: ReceiptBody = {
      receipt_type: "rollback",
      from: "a".repeat(64),
      to: "built-in",
      code: "ROLLBACK_BY_PERSON",
      reason: "",
      terms: {},
    };
    for (let n = 0; n < 350; n++) {
      append(n);
      // names that sort otherwise than they came
      const body = n % 3 === 0 ? rollback : n % 3 === 1 ? takenIntoUse : gateDecision(n);
      if (n % 10 === 0) ledger.append({ ...receiptOf(1, n, body), receipt_id: `promotion-${999 - n}` });
    }
    await ledger.flush();
    await ledger.close();
    const types = ["rollback", "promotion"];
    const expected = [...readReceipts(dir)].filter(({ type }) => types.includes(type));
    expect(expected).toHaveLength(24);
    expect(receiptsApart(dir, types)).toEqual(expected);
    expect(receiptsApart(makeFolder(), types)).toEqual([]);
    // whoever asks what was refused has to know all of it; whoever asks what was allowed may do with less
    writeFileSync(shardPath(dir, 1), "no database");
    expect(() => receiptsApart(dir, types)).toThrow();
    expect(receiptsApart(dir, types, "left out")).toEqual(expected.filter(({ shard }) => shard !== 1));
  });
});
