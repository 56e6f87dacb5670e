import { canonicalBytes } from "../../core/base/canonical.ts";
import { sha256Hex } from "../../core/base/hash.ts";
import { createPrng } from "../../core/base/prng.ts";
import { err, ok, type Result } from "../../core/base/result.ts";
import type { Measurement } from "../../core/promotion/index.ts";
import type { Recording } from "./field-recordings.ts";
import { CLASSES, type ContactClass, FAMILIES, loadBattery } from "../../../sim/index.ts";

/** One scenario to measure, by name: any thread can build it again. */
export interface Task {
  readonly name: string;
  readonly family: string;
  readonly class: ContactClass;
  readonly seed: number;
  readonly set: Measurement["set"];
  readonly sampled: boolean;
  /** in the place of the scenario: what was recorded in the field */
  readonly recording?: Recording;
}
export type RecordedTask = Task & { readonly recording: Recording };
export const isRecorded = (task: Task): task is RecordedTask => task.recording !== undefined;
const taskOf = (family: string, wanted: ContactClass, seed: number, set: Measurement["set"]): Task => ({
  name: `${set}/${family}/${wanted}/${seed}`,
  family,
  class: wanted,
  seed,
  set,
  sampled: true,
});
/** no random sample of anything: it can speak against a candidate, not for it */
const recordedTask = (recording: Recording): RecordedTask => ({
  name: `field/${recording.name}`,
  family: "recorded",
  class: "miss",
  seed: 0,
  set: "field",
  sampled: false,
  recording,
});

/**
 * Half from the published battery, half drawn after the freeze: their seeds follow from the candidate's own
 * hash, so nobody can have trained on them, and drawing again gives the same.
 */
export function planTasks(
  battery: string,
  candidate: string,
  scenarios: number,
  recordings: readonly Recording[] = [],
): Result<{ tasks: Task[]; hash: string }, string> {
  const loaded = loadBattery(battery);
  if (!loaded.ok) return err(loaded.error);
  const shown = loaded.value.entries
    .filter((e) => e.split === "promotion")
    .slice(0, Math.floor(scenarios / 2))
    .map((e) => taskOf(e.family, e.class, e.seed, "shown"));
  const tasks = [
    ...shown,
    ...freshTasks(candidate, scenarios - shown.length),
    ...recordings.map(recordedTask),
  ];
  const field = recordings.map(({ name, sha256 }) => [name, sha256]);
  const names = tasks.map((t) => t.name);
  return ok({
    tasks,
    hash: sha256Hex(canonicalBytes({ battery: loaded.value.sha256, tasks: names, field })),
  });
}

function freshTasks(candidate: string, count: number): Task[] {
  const pairs = FAMILIES.flatMap((f) =>
    CLASSES.filter((c) => f.classes.includes(c)).map((c) => [f.name, c] as const),
  );
  const root = createPrng(0).split("drawn after the freeze").split(candidate);
  return Array.from({ length: count }, (_, i) => {
    const prng = root.split(i);
    const [family, wanted] = pairs[Math.floor(prng.nextFloat() * pairs.length)]!;
    return taskOf(family, wanted, prng.nextUint32(), "untouched");
  });
}
