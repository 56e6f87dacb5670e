import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deploymentSchema } from "../../../src/core/domain/index.ts";
import { openLedger } from "../../../src/edge/ledger/index.ts";
import { MOSQUITTO_MISSING } from "../../edge/transports/mqtt/broker.ts";
import { AttackedNode, CELL, OWN, until } from "./attacked-node.ts";

/** What a person signed, recorded off the broker, releases nothing a second time: not here, not after a start, not elsewhere. */
describe.skipIf(MOSQUITTO_MISSING !== null)(
  `signed requests count once, here and now${MOSQUITTO_MISSING === null ? "" : `: skipped, ${MOSQUITTO_MISSING}`}`,
  () => {
    const attacked = new AttackedNode();
    const asked = (act: object): object => ({
      request_id: `q${Math.random()}`,
      reason: "",
      issued_at_us: Date.now() * 1_000,
      ...act,
    });
    const topic = `${OWN}/answer/panel`;
    /** the node hears requests: it refuses one that says nothing */
    const hears = async (): Promise<void> => {
      const before = attacked.plant.json(topic).length;
      await until("the node hears requests", async () => {
        await attacked.plant.say(`${OWN}/request/panel`, {});
        return attacked.plant.json(topic).length > before;
      });
    };
    beforeAll(async () => {
      await attacked.begin();
      await hears();
    }, 120_000);
    afterAll(() => attacked.end());

    const say = async (message: object): Promise<{ accepted: boolean; detail: string }> => {
      const before = attacked.plant.json(topic).length;
      await attacked.plant.say(`${OWN}/request/panel`, message);
      // what follows the answers to empty requests that are still on their way
      const answer = () =>
        attacked.plant
          .json(topic)
          .slice(before)
          .find(({ detail }) => !String(detail).startsWith("neither a request"));
      await until("an answer", () => answer() !== undefined);
      return answer() as never;
    };

    test("recorded reset and resume move nothing after a restart, although the clock says that they are new", async () => {
      const resume = (): object => attacked.signed(asked({ act: "resume" }));
      await until("an honest resume", async () => {
        await say(attacked.signed(asked({ act: "reset", level: 0 })));
        await say(attacked.signed(asked({ act: "reset", level: 1 })));
        return (await say(resume())).accepted;
      });
      const recorded = resume();
      const first = attacked.instance;
      await attacked.node!.kill("SIGKILL");
      await attacked.start();
      await until("another start", () => attacked.instance !== first);
      await hears();
      expect(await say(recorded)).toMatchObject({
        accepted: false,
        detail: expect.stringContaining(attacked.instance),
      });
      expect((await attacked.status()).state).not.toBe("RUNNING");
      // the same person, meant for this start: carried out
      await until("a resume of this start", async () => (await say(resume())).accepted);
    }, 120_000);

    test("a clock that went back since the last receipt holds the cell, with a code, until somebody has looked", async () => {
      await attacked.node!.kill("SIGKILL");
      const day = 86_400_000_000;
      const settings = deploymentSchema.shape.ledger.parse({});
      const ledger = await openLedger({
        dir: attacked.data,
        cell: CELL,
        configHash: "0".repeat(64),
        settings,
        onStored: () => undefined,
        onHealth: () => undefined,
      });
      const { boot } = ledger.recovered;
      const at = Date.now() * 1_000 + day;
      const body = {
        receipt_type: "fault",
        code: "CELL_READY",
        source: "clock",
        detail: "tomorrow",
        active: false,
      } as const;
      ledger.append({ receipt_id: `r${boot}.0.0`, at, cell: CELL, config_hash: "0".repeat(64), body });
      await ledger.close();
      await attacked.start();
      const { causes } = await attacked.status();
      expect(causes.map(({ code }) => code)).toContain("CLOCK_WENT_BACK");
      await attacked.cli("reset");
      expect((await attacked.cli("resume")).code).not.toBe(0);
      await attacked.cli("ack", "CLOCK_WENT_BACK", "clock", "--because", "the clock is right now");
      await until("acknowledged", async () =>
        (await attacked.status()).causes.every(({ code }) => code !== "CLOCK_WENT_BACK"),
      );
    }, 120_000);
  },
);
