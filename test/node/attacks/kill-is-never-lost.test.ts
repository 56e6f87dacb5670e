import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReceiptBody } from "../../../src/core/domain/index.ts";
import { MOSQUITTO_MISSING } from "../../edge/transports/mqtt/broker.ts";
import { AttackedNode, OWN, until } from "./attacked-node.ts";

/** A kill is never lost, whoever says what before it. */
describe.skipIf(MOSQUITTO_MISSING !== null)("a kill is never lost", () => {
  const rig = new AttackedNode();
  beforeAll(() => rig.begin());
  afterAll(() => rig.end());
  const codes = async (): Promise<string[]> => (await rig.status()).causes.map((c) => c.code);
  const fits = (of: (body: ReceiptBody) => boolean): boolean => rig.receipts().some(({ body }) => of(body));
  const released = async (): Promise<void> => {
    expect((await rig.cli("kill", "--release")).code).toBe(0);
    await rig.toRunning();
  };

  test("an operator's own reason that ends in an emoji at the limit stops the cell, and a crash does not forget it", async () => {
    await rig.toRunning();
    for (const length of [198, 199, 200, 999, 1_000]) {
      const said = await rig.cli("kill", "--because", `${"x".repeat(length)}🚨 smoke`);
      expect(said.code, said.err).toBe(0);
      expect(await codes()).toContain("KILLED");
    }
    // answered is written: the process may end at once
    await rig.node!.kill("SIGKILL");
    await rig.start();
    expect(await codes()).toContain("KILLED");
    expect(fits((b) => b.receipt_type === "state_change" && b.to === "STOPPED" && b.code === "KILLED")).toBe(
      true,
    );
    await released();
  });

  test("a stranger's poisoned kill before it keeps neither latch nor receipt of the operator's", async () => {
    const mallory = await rig.stranger();
    const poison = {
      schema: "cellgate.request/1",
      act: "kill",
      request_id: "p\ud800",
      reason: "\udc00🚨\ud83d",
    };
    await mallory.say(`${OWN}/request/mallory`, JSON.stringify(poison));
    await until("the poisoned kill has stopped it", async () => (await codes()).includes("KILLED"));
    expect((await rig.cli("kill", "--because", "mine")).code).toBe(0);
    await rig.node!.kill("SIGKILL");
    await rig.start();
    expect(await codes()).toContain("KILLED");
    expect(fits((b) => b.receipt_type === "fault" && b.code === "KILLED" && b.active)).toBe(true);
    await mallory.leave();
    await released();
  });

  test("the same button pressed twice stops twice, and a stranger with the id does not disarm it", async () => {
    const plc = await rig.stranger();
    const press = { schema: "cellgate.request/1", act: "kill", request_id: "button-7", reason: "pressed" };
    for (let press_no = 0; press_no < 2; press_no++) {
      await plc.say(`${OWN}/request/plc`, JSON.stringify(press));
      await until("the button stops", async () => (await codes()).includes("KILLED"));
      await until(
        "it is answered",
        () => rig.plant.json(`${OWN}/answer/plc`).filter((a) => a["accepted"] === true).length > press_no,
      );
      await released();
    }
    await plc.leave();
  });
});
