import { setTimeout as pause } from "node:timers/promises";
import { ed25519Key } from "../../edge/keys/index.ts";
import { type FleetPlace, type FleetReport, fleetTopics, open, type Voice } from "../../fleet/index.ts";
import type { Io } from "../command.ts";

const LOOK_EVERY_MS = 50;
const WAIT_MS = 3_000;
const LISTED = 20;

/** Sent is not stopped: tells the person which cells say of themselves that they are killed, and which do not. */
export async function tellKilled(voice: Voice, { base, name, cells }: FleetPlace, io: Io): Promise<void> {
  const topics = fleetTopics(base, name);
  const newest = new Map<string, Pick<FleetReport, "seq" | "killed">>();
  voice.client.on("message", (topic, payload) => {
    const cell = topic.slice(topics.reports("").length);
    const key = cells[cell];
    if (key === undefined || topic !== topics.reports(cell)) return;
    const opened = open(payload, (body) =>
      body.format === "cellgate-report-1" && body.cell === cell ? ed25519Key(key) : null,
    );
    // one that is played again does not confirm against a newer one
    if (
      opened.ok &&
      opened.body.format === "cellgate-report-1" &&
      opened.body.seq > (newest.get(cell)?.seq ?? -1)
    )
      newest.set(cell, opened.body);
  });
  await voice.client.subscribeAsync(topics.allReports, { qos: 0 }).catch(() => undefined);
  const all = Object.keys(cells);
  const done = (): boolean => all.every((cell) => newest.get(cell)?.killed === true);
  for (let ms = 0; ms < WAIT_MS && !done(); ms += LOOK_EVERY_MS) await pause(LOOK_EVERY_MS);
  const by = (state: boolean | undefined): string[] =>
    all.filter((cell) => newest.get(cell)?.killed === state);
  if (all.length > 0) io.out(`  ${by(true).length} of ${all.length} cells say that they are killed.`);
  if (by(undefined).length > 0)
    io.out(`  Not heard, they learn it when they are back: ${listed(by(undefined))}`);
  if (by(false).length > 0) io.out(`  NOT KILLED, stop them by hand: ${listed(by(false))}`);
}
const listed = (names: readonly string[]): string =>
  `${names.slice(0, LISTED).join(", ")}${names.length > LISTED ? ` and ${names.length - LISTED} more` : ""}`;
