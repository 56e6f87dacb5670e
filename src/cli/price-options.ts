import { DEFAULT_NEAR, eventsFromTable, type LabelledEvent } from "../lab/replay/index.ts";
import { readCsv } from "../lab/training/index.ts";
import { UserError } from "./command.ts";
import { type Kind, kinds, optional, withDefault } from "./options/index.ts";

const share: Kind<number> = {
  placeholder: "SHARE",
  meaning: "a number between 0 and 1",
  completes: "nothing",
  read(text) {
    const value = Number(text);
    return text.trim() !== "" && value >= 0 && value <= 1
      ? { ok: true, value }
      : { ok: false, what: `${text} is no share`, remedy: "a number between 0 and 1, for example 0.5" };
  },
};
/** How stops are judged in hindsight, the same for every command that does. */
export const priceOptions = {
  events: optional(
    kinds.file,
    "CSV with what happened: from_s, and where known to_s, what, recording; default: labels, then a black box's own",
  ),
  near: withDefault(
    share,
    String(DEFAULT_NEAR),
    "a stop was needless if no reading came nearer to harm than this share of its limit, and no event followed",
  ),
} as const;

export function readEvents(file: string): readonly LabelledEvent[] {
  const csv = readCsv(file);
  const events = csv.ok ? eventsFromTable(csv.value) : csv;
  if (!events.ok) throw new UserError(events.error, "write a header such as from_s,to_s,what,recording");
  return events.value;
}
