import { resolve } from "node:path";
import { good, type Kind, wrong } from "./kind.ts";

const UNITS_US: Readonly<Record<string, number>> = {
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  min: 60e6,
  h: 3_600e6,
  d: 86_400e6,
};
const LENGTH = /^(\d+(?:\.\d+)?)(ms|s|m|min|h|d)?$/;
const WRITE_LENGTH = "250ms, 20s, 5m, 30min, 1h or 2d";

/** Microseconds in "250ms", "20s", "5m", "30min", "1h", "2d"; a number alone means seconds. null: no length of time. */
function microsIn(text: string): number | null {
  const match = LENGTH.exec(text);
  return match === null ? null : Number(match[1]) * UNITS_US[match[2] ?? "s"]!;
}
const lengthText = (us: number): string => {
  for (const unit of ["d", "h", "min", "s"])
    if (us % UNITS_US[unit]! === 0) return `${us / UNITS_US[unit]!}${unit}`;
  return `${us / 1e3}ms`;
};
/** A length of time in microseconds, longer than nothing and at most `max`. */
export const duration = (max = Number.POSITIVE_INFINITY, example = "20s"): Kind<number> => ({
  placeholder: example,
  meaning: `a length of time: ${WRITE_LENGTH}; a number alone means seconds${max === Number.POSITIVE_INFINITY ? "" : `; at most ${lengthText(max)}`}`,
  completes: "nothing",
  read(text) {
    const us = microsIn(text);
    if (us === null || us === 0) return wrong("is no length of time", `write it like ${WRITE_LENGTH}`);
    return us <= max ? good(us) : wrong("is too long", `give at most ${lengthText(max)}`);
  },
});
/** A place on the time line of a recording, in microseconds after its start. */
export const offset: Kind<number> = {
  placeholder: "12.5s",
  meaning: `a time after the start of the recording: ${WRITE_LENGTH}; a number alone means seconds`,
  completes: "nothing",
  read(text) {
    const us = microsIn(text);
    return us === null ? wrong("is no length of time", `write it like ${WRITE_LENGTH}`) : good(us);
  },
};
/** A point in time, in microseconds since 1970. */
export const instant: Kind<number> = {
  placeholder: "TIME",
  meaning: `a point in time: 2026-11-20T10:00:00Z, or how long ago it was: ${WRITE_LENGTH}`,
  completes: "nothing",
  read(text) {
    const ago = /[a-z]$/.test(text) ? microsIn(text) : null;
    const at = ago === null ? Date.parse(text) * 1_000 : Math.round(Date.now() * 1_000 - ago);
    return Number.isNaN(at)
      ? wrong("is no time", "write 2026-11-20T10:00:00Z, or 30min for thirty minutes ago")
      : good(at);
  },
};
const whole = (least: number, most: number, placeholder: string, what: string): Kind<number> => ({
  placeholder,
  meaning: `a whole number from ${least} to ${most.toLocaleString("en-US")}`,
  completes: "nothing",
  read(text) {
    const value = Number(text);
    return /^\d{1,15}$/.test(text) && value >= least && value <= most
      ? good(value)
      : wrong(what, `give a whole number from ${least} to ${most.toLocaleString("en-US")}`);
  },
});
/** How many. */
export const count = (most: number, least = 1): Kind<number> => whole(least, most, "N", "is no such number");
const SEED_MAX = 999_999_999_999_999;
export const seed: Kind<number> = {
  ...whole(0, SEED_MAX, "N", "is no seed"),
  meaning: "a seed: a whole number; the same one gives the same results",
};
export const port: Kind<number> = whole(0, 65_535, "PORT", "is no port");
export const text: Kind<string> = {
  placeholder: "TEXT",
  meaning: "any text",
  completes: "nothing",
  read: (value) => good(value),
};
/** A text of which some values are known. */
export const named = (placeholder: string, meaning: string, known: readonly string[] = []): Kind<string> => ({
  ...text,
  placeholder,
  meaning,
  completes: known.length === 0 ? "nothing" : known,
});
const path = (placeholder: string, meaning: string, completes: "files" | "folders"): Kind<string> => ({
  placeholder,
  meaning,
  completes,
  read: (value) => (value === "" ? wrong("is no path", `name it, for example ${placeholder}`) : good(value)),
});
/** A path as it was written; whoever opens it resolves it. */
export const file: Kind<string> = path("FILE", "the path of a file", "files");
export const deploymentFile: Kind<string> = path("cell.yaml", "the path of a deployment file", "files");
export const place: Kind<string> = path("PATH", "the path of a file or folder", "files");
/** A folder, as an absolute path. */
const absolute = (placeholder: string, meaning: string): Kind<string> => ({
  ...path(placeholder, meaning, "folders"),
  read: (value, cwd) => good(resolve(cwd, value)),
});
export const folder: Kind<string> = absolute("DIR", "the path of a folder");
export const nodeFolder: Kind<string> = absolute(
  "DIR",
  "the data folder of a node: its ledger, keys and tokens",
);
/** A name that stands in a receipt. */
const said = (placeholder: string, meaning: string, missing: string): Kind<string> => ({
  placeholder,
  meaning,
  completes: "nothing",
  read: (value) => (value.trim() === "" ? wrong("is empty", missing) : good(value)),
});
export const person: Kind<string> = said("NAME", "the name of a person or program", "say who: --as NAME");
export const because: Kind<string> = said(
  "WHY",
  "the reason, in words",
  'say why: --because "…"; it stands in the receipt',
);
export const url: Kind<string> = {
  placeholder: "URL",
  meaning: "an address, for example http://127.0.0.1:8787",
  completes: "nothing",
  read: (value) =>
    URL.canParse(value) ? good(value) : wrong("is no address", "write it like http://127.0.0.1:8787"),
};
/** One of a few words. */
export const choice = <const T extends string>(words: readonly T[], what = "is none of them"): Kind<T> => ({
  placeholder: words.length > 3 ? "NAME" : words.join("|"),
  meaning: `one of ${words.join(", ")}`,
  completes: words,
  read(value) {
    const found = words.find((word) => word === value);
    return found === undefined ? wrong(what, `choose one of ${words.join(", ")}`) : good(found);
  },
});
/** Several of a few words, with commas between them. */
export const choices = <const T extends string>(words: readonly T[]): Kind<readonly T[]> => ({
  placeholder: words.slice(0, 2).join(","),
  meaning: `a list, with commas, of ${words.join(", ")}`,
  completes: words,
  read(value) {
    const names = value.split(",").map((name) => name.trim());
    const found = names.flatMap((name) => words.find((word) => word === name) ?? []);
    return found.length === names.length ? good(found) : wrong("", `give a list of ${words.join(", ")}`);
  },
});
export const json: Kind<unknown> = {
  placeholder: "JSON",
  meaning: "JSON",
  completes: "nothing",
  read(value) {
    try {
      return good(JSON.parse(value) as unknown);
    } catch {
      return wrong("is not JSON", `for example '{"maxRangeM": 6}'`);
    }
  },
};
