import { join } from "node:path";
import { type ManyEnd, type RunManySetting, runMany } from "../edge/scale/index.ts";
import { EXIT, type Io, UserError } from "./command.ts";
import { flag, kinds, optional } from "./options/index.ts";
import { openCentreLedger } from "./rollout/centre-ledger.ts";

/** Options of every command that does one thing to many. */
export const manyOptions = {
  "all-at-once": flag("many: no steps 1 → 10 → 100 → all; needs --because, and is written down"),
  because: optional(kinds.text, "why all at once", { as: "WHY" }),
} as const;
interface ManyValues {
  readonly "all-at-once": boolean;
  readonly because?: string | undefined;
}
const KILL_FILE = "cellgate.stop";
const LEDGER = "rollouts";

/** Runs many under the plan that they make; says so, and says how it ended. */
export async function runManyHere<I>(
  setting: Omit<RunManySetting<I>, "killFile" | "allAtOnce" | "say">,
  values: ManyValues,
  io: Io,
): Promise<ManyEnd> {
  const end = await runMany({ ...setting, ...(await manyHere(setting, values, io)) });
  if (end.state === "refused") throw new UserError(end.why, "see `cellgate rollout plan` and the audit");
  if (end.why !== "") io.err(`${setting.what}: ${end.code === null ? "" : `${end.code}: `}${end.why}`);
  return end;
}

/** What a run of many has of the place where it is started, and of the person who starts it. */
export const manyHere = async <I>(
  { what, items }: { readonly what: string; readonly items: readonly I[] },
  values: ManyValues,
  io: Io,
) => ({
  killFile: join(io.cwd, KILL_FILE),
  allAtOnce: await allAtOnceOf(what, items.length, values, io),
  say: (line: string): void => io.err(line),
});

/** An act of a person against the plan: it stands in a ledger before the first item begins. */
async function allAtOnceOf(
  what: string,
  items: number,
  values: ManyValues,
  io: Io,
): Promise<RunManySetting<never>["allAtOnce"]> {
  if (!values["all-at-once"]) return undefined;
  const { because } = values;
  if (because === undefined || because.trim() === "")
    throw new UserError("--all-at-once needs a reason", 'add --because "why no steps"');
  const by = io.env["USER"] ?? "operator";
  const ledger = await openCentreLedger(join(io.cwd, LEDGER), what);
  ledger.receipt({
    receipt_type: "config_change",
    what: `${what}: all at once`,
    before_hash: "",
    after_hash: "",
    by,
    reason: because,
    details: { items, code: "ROLLOUT_ALL_AT_ONCE" },
  });
  await ledger.close();
  io.err(`written down in ${LEDGER}/: ${by} runs ${items} items all at once, because: ${because}`);
  return { by, because };
}

/** Names that are told apart: the same file may be named twice. */
export const namedItems = <I>(items: readonly I[], nameOf: (item: I) => string) => {
  const seen = new Map<string, number>();
  return items.map((item) => {
    const name = nameOf(item);
    const n = (seen.get(name) ?? 0) + 1;
    seen.set(name, n);
    return { name: n === 1 ? name : `${name} (${n})`, item };
  });
};

export const exitOfMany = ({ state }: ManyEnd): number =>
  state === "done" ? EXIT.ok : state === "stopped" ? EXIT.interrupted : EXIT.failed;
