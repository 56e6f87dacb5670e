import { generateKeyPairSync } from "node:crypto";
import { HEARTBEAT_PERIOD_US } from "../../src/core/domain/index.ts";
import { type CellLink, openCellLink, openVoice } from "../../src/fleet/index.ts";
import { FRESH_AGENT, STRUCTURAL_CAPS } from "../../src/core/rollout/index.ts";
import { Broker, MOSQUITTO_MISSING } from "../edge/transports/mqtt/broker.ts";
import type { Bench, Figure } from "./bench.ts";

/** a thread of this process speaks for all of them; real cells have one each */
const SIZES = [10, 100];
const KILLS = 20;

/** From the centre's word to the call that blocks the cell, over a real broker, for every cell of a fleet. */
async function killFleet(cells: number): Promise<Figure[]> {
  const broker = new Broker();
  await broker.start();
  const fleet = generateKeyPairSync("ed25519");
  const links: CellLink[] = [];
  let state = { epoch: 0, killed: false, seq: 0 };
  const place = { access: { url: broker.url }, base: "plant", fleet: "line" };
  const voice = await openVoice({
    ...place,
    fleetKey: fleet.privateKey,
    numbers: { read: () => state, write: (next) => void (state = next) },
  });
  const late: number[] = [];
  let from = 0;
  let heard = 0;
  for (let i = 0; i < cells; i++) {
    const said = new Set<string>();
    links.push(
      openCellLink({
        ...place,
        cell: `c${i}`,
        fleetKey: fleet.publicKey,
        cellKey: generateKeyPairSync("ed25519").privateKey,
        caps: STRUCTURAL_CAPS,
        restored: FRESH_AGENT,
        reportMs: 1_000,
        end: {
          holds: () => ({ head: "built-in" }),
          carryOut: async () => null,
          waitsFor: () => null,
          killed(reason) {
            if (said.has(reason)) return;
            said.add(reason);
            late.push(performance.now() - from);
            heard++;
          },
          persist: () => {},
          counts: () => ({ decisions: 0, failures: 0 }),
          blocked: true,
          answered: () => {},
        },
      }),
    );
  }
  const until = async (of: () => boolean): Promise<void> => {
    while (!of()) await new Promise((done) => setTimeout(done, 5));
  };
  await until(() => links.every((link) => link.agent.informed));
  for (let k = 0; k < KILLS; k++) {
    heard = 0;
    from = performance.now();
    await voice.kill(`kill ${k}`);
    await until(() => heard === cells);
    await voice.release("");
    await until(() => links.every((link) => !link.agent.state.killed));
  }
  await voice.close();
  for (const link of links) await link.close();
  await broker.end();
  late.sort((a, b) => a - b);
  const at = (share: number): number => late[Math.min(late.length - 1, Math.floor(share * late.length))]!;
  const heartbeatMs = HEARTBEAT_PERIOD_US / 1_000;
  const figure = (name: string, value: number) => ({
    name: `kill to block, ${cells} cells, ${name}`,
    value,
    unit: "ms",
    baseline: heartbeatMs,
    ratio: heartbeatMs / value,
    target: "within one heartbeat",
    note: "all cells, centre and broker on this machine, signatures checked by each",
  });
  return [figure("p50", at(0.5)), figure("p99", at(0.99)), figure("worst", at(1))];
}
const killing: Bench = {
  name: "fleet-kill",
  async run() {
    const figures: Figure[] = [];
    if (MOSQUITTO_MISSING === null) for (const cells of SIZES) figures.push(...(await killFleet(cells)));
    return figures;
  },
};
export const benches: Bench[] = [killing];
