import { type Disk, realDisk } from "../../../src/edge/files/index.ts";
import { ArtefactStore } from "../../../src/node/in-use/store.ts";
import { type CandidateKind, freeze } from "../../../src/core/promotion/candidate.ts";

/**
 * Takes an artefact into use on a real disk, or the last good one back, and is killed, as by a power cut, before a
 * given step; says how many there were.
 */
const [dir = "", kind = "head", text = "", at = "-1"] = process.argv.slice(2);
const place = kind as CandidateKind;
let steps = 0;
const disk = Object.fromEntries(
  Object.entries(realDisk).map(([name, act]) => [
    name,
    (...args: never[]) => {
      if (name !== "read" && name !== "list" && steps++ === Number(at)) process.kill(process.pid, "SIGKILL");
      return (act as (...given: never[]) => unknown)(...args);
    },
  ]),
) as unknown as Disk;
const note = { code: "PROMOTION_PROMOTED", detail: "test", by: "lead", at: 1 } as const;
const store = new ArtefactStore(dir, disk);

function forward(): string {
  const parts = { "candidate.json": Buffer.from(text) };
  const frozen = freeze(place, parts);
  if (!frozen.ok) throw new Error(frozen.error.detail);
  const kept = store.keep(frozen.value, parts);
  if (!kept.ok) throw new Error(kept.error.detail);
  const done = store.promote(kept.value, note);
  if (!done.ok) throw new Error(done.error.detail);
  return kept.value;
}
function back(): string {
  const done = store.rollback(place, note);
  if (!done.ok) throw new Error(done.error.detail);
  return done.value;
}
const hash = text === "back" ? back() : forward();
process.stdout.write(JSON.stringify({ hash, steps }));
