import { z } from "zod";
import { err, ok, type Result } from "../../core/base/result.ts";
import type { Bag } from "../../edge/recordings/index.ts";

/** A stretch of the run in which motion had to be blocked. */
export interface HazardWindow {
  readonly fromUs: number;
  readonly toUs: number;
  readonly what: string;
}
/** Name of the metadata record in which a bag may carry its labels. */
export const LABELS_METADATA = "cellgate.labels";
/** exceedances closer than this are one hazard */
const JOIN_US = 200_000;
const MAX_WINDOWS = 10_000;

const window = z.strictObject({
  from_s: z.number().min(0).describe("seconds after the first message of the bag"),
  to_s: z.number().positive(),
  what: z.string().max(200).default(""),
});
const labels = z.strictObject({ windows: z.array(window).max(MAX_WINDOWS) });

/** Labels from a side file or a bag: `{"windows":[{"from_s":1.2,"to_s":3.4,"what":"hand in zone"}]}`. */
export function parseLabels(data: unknown): Result<HazardWindow[], string> {
  const parsed = labels.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return err(`${issue.path.join(".")}: ${issue.message}`);
  }
  const wrong = parsed.data.windows.find((w) => w.to_s <= w.from_s);
  if (wrong !== undefined)
    return err(`a window ends at ${wrong.to_s} s before it begins at ${wrong.from_s} s`);
  return ok(
    joined(
      parsed.data.windows.map((w) => ({
        fromUs: Math.round(w.from_s * 1e6),
        toUs: Math.round(w.to_s * 1e6),
        what: w.what,
      })),
    ),
  );
}
/** Labels that the bag itself carries, null when it carries none. */
export function labelsOf(bag: Bag): Result<HazardWindow[] | null, string> {
  const text = bag.metadata.find((m) => m.name === LABELS_METADATA)?.entries["labels"];
  if (text === undefined) return ok(null);
  try {
    return parseLabels(JSON.parse(text));
  } catch (cause) {
    return err(`labels of the bag: ${(cause as Error).message}`);
  }
}
/** In order, overlapping and nearly touching ones made one. */
export function joined(windows: readonly HazardWindow[]): HazardWindow[] {
  const result: HazardWindow[] = [];
  for (const next of [...windows].sort((a, b) => a.fromUs - b.fromUs)) {
    const last = result.at(-1);
    if (last === undefined || next.fromUs > last.toUs + JOIN_US) result.push(next);
    else
      result[result.length - 1] = {
        fromUs: last.fromUs,
        toUs: Math.max(last.toUs, next.toUs),
        what: joinWords(last.what, next.what),
      };
  }
  return result;
}
const joinWords = (a: string, b: string): string =>
  a === b || b === "" || a.split(", ").includes(b) ? a : a === "" ? b : `${a}, ${b}`;

/** Where a condition holds, as windows; stretches that nearly touch are one. */
export class StretchWatch {
  readonly #what: string;
  readonly #found: HazardWindow[] = [];
  #from = -1;
  #last = -1;

  constructor(what: string) {
    this.#what = what;
  }
  see(t: number, holds: boolean): void {
    if (holds) {
      if (this.#from < 0) this.#from = t;
      this.#last = t;
    } else if (this.#from >= 0 && t - this.#last > JOIN_US) this.#close();
  }
  #close(): void {
    if (this.#found.length < MAX_WINDOWS)
      this.#found.push({ fromUs: this.#from, toUs: this.#last, what: this.#what });
    this.#from = -1;
  }
  windows(): readonly HazardWindow[] {
    if (this.#from >= 0) this.#close();
    return this.#found;
  }
}
