import { afterAll, describe, expect, it } from "vitest";
import type { Effect, Micros, Receipt, ReceiptId } from "../../../src/core/domain/index.ts";
import { createCarrier } from "../../../src/node/carrier.ts";
import { liveScheduler } from "../../../src/node/index.ts";
import { makeFolder, open, receiptOf, removeFolders, until } from "./fixture.ts";

afterAll(removeFolders);

/** What the gate hears of its receipts when a real ledger stands behind the carrier. */
async function wired() {
  const opened = await open(makeFolder());
  const heard: [id: string, ok: boolean][] = [];
  const never = async (): Promise<never> => {
    throw new Error("not part of this test");
  };
  const carrier = createCarrier({
    actuators: [],
    receipts: opened.ledger,
    trials: { run: never, help: never },
    scheduler: liveScheduler,
    clock: { now: () => 0 as Micros },
    events: {
      actuatorFailed: () => undefined,
      stored: (id, ok) => void heard.push([id, ok]),
      trials: () => undefined,
      helper: () => undefined,
      partFailed: (part, detail) => expect.fail(`${part}: ${detail}`),
    },
    observe: () => undefined,
  });
  const carry = (n: number): void => {
    const receipt: Receipt = receiptOf(1, n);
    const effect: Effect = { kind: "receipt", id: receipt.receipt_id as ReceiptId, receipt, awaited: true };
    carrier.carry([effect], 0 as Micros);
  };
  return { ...opened, heard, carry };
}

describe("E30 write ahead: the gate waits for what the ledger says", () => {
  it("stored only after the disk has it", async () => {
    const { ledger, heard, carry } = await wired();
    carry(1);
    expect(heard).toEqual([]);
    await until(() => heard.length === 1, "the answer");
    expect(heard).toEqual([["r1.1.0", true]]);
    expect(ledger.stats().stored).toBe(1);
    await ledger.close();
  });

  it("a full queue answers at once: not stored, so that the verdict becomes RED", async () => {
    const { ledger, append, heard, carry, health } = await wired();
    let n = 1;
    while (append(n)) n++;
    carry(n + 1);
    expect(heard).toEqual([[`r1.${n + 1}.0`, false]]);
    expect(health).toMatchObject([{ code: "LEDGER_QUEUE_FULL", active: true }]);
    await ledger.flush();
    carry(n + 2);
    await until(() => heard.length === 2, "the answer");
    expect(heard[1]).toEqual([`r1.${n + 2}.0`, true]);
    await ledger.close();
  });

  it("a ledger that is gone answers at once: not stored", async () => {
    const { ledger, heard, carry } = await wired();
    await ledger.close();
    carry(1);
    expect(heard).toEqual([["r1.1.0", false]]);
  });
});
