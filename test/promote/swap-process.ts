import { type Disk, realDisk } from "../../src/promote/disk.ts";
import { ArtefactStore } from "../../src/promote/store.ts";
import { freeze } from "../../src/promotion/candidate.ts";

/** Swaps a head on a real disk and is killed, as by a power cut, before a given step; says how many there were. */
const [dir = "", text = "", at = "-1"] = process.argv.slice(2);
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
const parts = { "head.json": Buffer.from(text) };
const frozen = freeze("head", parts);
if (!frozen.ok) throw new Error(frozen.error.detail);
const store = new ArtefactStore(dir, disk);
const kept = store.keep(frozen.value, parts);
if (!kept.ok) throw new Error(kept.error.detail);
const done = store.promote(kept.value, { code: "PROMOTION_PROMOTED", detail: "test", by: "lead", at: 1 });
if (!done.ok) throw new Error(done.error.detail);
process.stdout.write(JSON.stringify({ hash: kept.value, steps }));
