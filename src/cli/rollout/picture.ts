import { codeEntry } from "../../domain/index.ts";
import type { RolloutStatus } from "../../fleet/index.ts";
import type { Io } from "../command.ts";

const BAR = 24;
const ITEMS_LISTED = 24;
const WORDS: Readonly<Record<string, string>> = {
  planned: "PLANNED: nothing has been touched",
  running: "RUNNING",
  paused: "PAUSED: waits for a person's audit, then `cellgate rollout advance`",
  aborted: "ABORTED: everything that was touched goes back",
  killed: "KILLED: every cell is blocked until a person at the cell clears it",
  done: "DONE",
};
const short = (artefact: string): string => (artefact.length > 40 ? `${artefact.slice(0, 16)}…` : artefact);

/** A rollout for people: stages as bars, the verdict in words, then what is not as it should be. */
export function drawRollout(status: RolloutStatus, io: Io): void {
  const { view } = status;
  io.out(`rollout ${status.id}: ${status.automation} → ${short(status.artefact)}`);
  io.out(WORDS[view.state] ?? view.state);
  const over = view.state === "done" || (view.state === "aborted" && view.stillToGoBack === 0);
  if (!status.running && !over) io.out("no centre is running here: nothing goes on and nothing is judged");
  else if (status.running && !status.connected) io.out("the centre is not connected to the broker");
  let from = 0;
  view.targets.forEach((target, stage) => {
    io.out(stageLine(status, stage, from, target));
    from = target;
  });
  drawVerdict(status, io);
  drawItems(status, io);
}

function stageLine({ view }: RolloutStatus, stage: number, from: number, target: number): string {
  const size = target - from;
  const told = Math.max(0, Math.min(view.told, target) - from);
  const full = Math.round((told / size) * BAR);
  const name = stage === view.targets.length - 1 ? "all" : String(target);
  const now =
    stage < view.stage ? "proven" : stage > view.stage ? "" : view.state === "done" ? "proven" : "now here";
  return `  ${name.padStart(4)}  ${"█".repeat(full)}${"░".repeat(BAR - full)} ${told}/${size}  ${now}`.trimEnd();
}

function drawVerdict({ view }: RolloutStatus, io: Io): void {
  const { judgement } = view;
  if (judgement !== null) {
    const { title, meaning } = codeEntry(judgement.code);
    io.out(`  verdict ${judgement.verdict}: ${title} (${judgement.code})`);
    io.out(`          ${meaning}`);
    const terms = Object.entries(judgement.terms).map(
      ([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toFixed(3)}`,
    );
    io.out(`          ${terms.join(", ")}`);
  }
  const back = view.stillToGoBack > 0 ? `, ${view.stillToGoBack} still to go back` : "";
  io.out(`  told ${view.told}, changed ${view.changed}, failed ${view.failed}${back}`);
  if (view.caps.tripped !== null) io.out(`  cap hit: ${view.caps.tripped}`);
  if (view.offline.length > 0) io.out(`  no answer yet: ${view.offline.join(", ")}`);
}

/** Those that need a look first. */
function drawItems({ items }: RolloutStatus, io: Io): void {
  const rank = (i: RolloutStatus["items"][number]): number =>
    i.holds.startsWith("failed") ? 0 : i.says !== "" ? 1 : i.told ? 2 : 3;
  const sorted = [...items].sort((a, b) => rank(a) - rank(b)).filter((i) => i.told || i.heardMs !== null);
  for (const { name, holds, says } of sorted.slice(0, ITEMS_LISTED))
    io.out(`    ${name.padEnd(20)} ${short(holds)}${says === "" ? "" : `  ${says}`}`);
  if (sorted.length > ITEMS_LISTED) io.out(`    … and ${sorted.length - ITEMS_LISTED} more (--json has all)`);
}
