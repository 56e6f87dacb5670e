import { existsSync } from "node:fs";
import { join } from "node:path";
import { isBlocked } from "../../core/cell/index.ts";
import { type Code, codeEntry } from "../../core/domain/index.ts";
import { type BrowseFilter, newestReceipts } from "../../edge/ledger/index.ts";
import { hindsightOf, type Judged, priceOf, type RulePrice, type Stop } from "./price.ts";
import { PLAIN_REPLAY, type ReplayTask } from "./replay-one.ts";
import type { ReplayResult } from "./result.ts";
import { type JobsProgress, runJobs } from "./run-jobs.ts";

/** What the stops of a node cost, from its ledger; hindsight comes from the black boxes that are still there. */
export interface LivePrice {
  /** microseconds since 1970: the first and the last word of the ledger that was looked at */
  readonly fromMicros: number;
  readonly toMicros: number;
  /** times in `stops` count from `fromMicros` */
  readonly stops: readonly (Stop & { readonly receiptId: string })[];
  readonly price: readonly RulePrice[];
  readonly freeUs: number;
  readonly boxes: number;
  readonly troubles: readonly string[];
}
/** Changes of state that are looked at, newest first. */
const CHANGES_MAX = 100_000;
const BOX_FOLDER = "black-box";
const NO_BOX: Judged = { hindsight: "unknown", why: "its black box is no longer there" };

interface Change {
  readonly id: string;
  readonly at: number;
  readonly to: string;
  readonly code: string;
  readonly source: string;
}

export async function livePrice(
  dataDir: string,
  options: Pick<ReplayTask, "deployment" | "near" | "version"> & { readonly sinceMicros: number | null },
  jobs: number,
  progress: (p: JobsProgress) => void,
): Promise<LivePrice> {
  const filter: BrowseFilter = {
    type: "state_change",
    ...(options.sinceMicros !== null && { since: options.sinceMicros }),
  };
  const changes = newestReceipts(dataDir, CHANGES_MAX, filter)
    .reverse()
    .flatMap((r) => (r.text === null ? [] : [changeOf(r.id, r.at, r.text)]));
  const fromMicros = changes[0]?.at ?? 0;
  const last = newestReceipts(dataDir, 1)[0]?.at ?? fromMicros;
  const { stops, freeUs } = stopsIn(changes, last);
  const boxOf = ({ id }: Change): string => join(dataDir, BOX_FOLDER, `${id.replace(/[^\w.-]/g, "_")}.mcap`);
  const boxed = stops.filter(({ change }) => existsSync(boxOf(change)));
  const { deployment, near, version } = options;
  const tasks = boxed.map(({ change }) => ({
    ...PLAIN_REPLAY,
    bag: boxOf(change),
    deployment,
    near,
    version,
  }));
  const results = await runJobs(tasks, jobs, progress);
  const judged = new Map<string, Judged>();
  const troubles: string[] = [];
  boxed.forEach(({ change }, i) => {
    const result = results[i]!;
    if (result.ok) judged.set(change.id, judgedIn(result.value, change));
    else troubles.push(result.error);
  });
  const found = stops.map(({ change, toMicros }) => ({
    receiptId: change.id,
    tUs: change.at - fromMicros,
    toUs: toMicros - fromMicros,
    code: change.code,
    source: change.source,
    title: codeEntry(change.code as Code).title,
    ...(judged.get(change.id) ?? NO_BOX),
  }));
  return {
    ...{ fromMicros, toMicros: last, freeUs, boxes: boxed.length },
    stops: found,
    price: priceOf(found),
    troubles: [...new Set(troubles)],
  };
}

function changeOf(id: string, at: number, text: string): Change {
  const { body } = JSON.parse(text) as {
    body: { to: string; code: string; causes?: readonly { code?: unknown; source?: unknown }[] };
  };
  const source = body.causes?.find((cause) => cause.code === body.code)?.source;
  return { id, at, to: body.to, code: body.code, source: typeof source === "string" ? source : "" };
}

/** Ends of motion, each with the time at which motion was allowed again; a run that ended in between ends both. */
function stopsIn(changes: readonly Change[], last: number) {
  const stops: { change: Change; toMicros: number }[] = [];
  let freeUs = 0;
  let free: number | null = null;
  let open: { change: Change; toMicros: number } | null = null;
  for (const change of changes) {
    const blocked = isBlocked(change.to as never);
    if (open !== null) open.toMicros = change.at;
    if (blocked && free !== null) {
      freeUs += change.at - free;
      if (change.to !== "OFF") stops.push((open = { change, toMicros: last }));
      free = null;
    } else if (!blocked) {
      free ??= change.at;
      open = null;
    }
  }
  return { stops, freeUs: freeUs + (free === null ? 0 : last - free) };
}

function judgedIn({ startMicros, happened, margins }: ReplayResult, { at, code, source }: Change): Judged {
  const margin =
    margins.find((m) => m.code === code && m.source === source) ?? margins.find((m) => m.code === code);
  return hindsightOf(code, at - startMicros, happened, margin);
}
