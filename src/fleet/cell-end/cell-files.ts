import { createPublicKey, type KeyObject } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isCode } from "../../core/domain/index.ts";
import { makeFolder, readJson, replaceFile, writeJson } from "../../edge/files/index.ts";
import { type AgentState, FRESH_AGENT, FRESH_GUARD } from "../../core/rollout/index.ts";
import { newKeyText, privateKeyOf } from "../sign.ts";

const whole = z.number().int();
const stateSchema = z.strictObject({
  fleet: z.string().default(""),
  lastSeq: whole,
  // unknown counts as not answered: the order is said again
  answeredSeq: whole.default(-1),
  killEpoch: whole,
  killed: z.boolean(),
  guard: z.strictObject({
    tripped: z.string().refine(isCode).nullable(),
    total: whole,
    inRun: whole,
    today: whole,
    day: whole,
  }),
});
const folderOf = (dataDir: string): string => join(dataDir, "fleet");
const stateFile = (dataDir: string): string => join(folderOf(dataDir), "agent.json");

/**
 * What the cell remembers of its fleet. A file that cannot be read is no fresh start: the cell counts as
 * killed and its caps as used up, until a person looks.
 */
export function readAgentState(dataDir: string): AgentState {
  if (!existsSync(stateFile(dataDir))) return FRESH_AGENT;
  try {
    return stateSchema.parse(readJson(stateFile(dataDir))) as AgentState;
  } catch {
    return { ...FRESH_AGENT, killed: true, guard: { ...FRESH_GUARD, tripped: "FLEET_STATE_UNREADABLE" } };
  }
}
export function writeAgentState(dataDir: string, state: AgentState): void {
  writeJson(stateFile(dataDir), state);
}

/** more reports than a process ever makes */
const REPORTS_OF_A_PROCESS = 1_000_000_000;
/**
 * The number of this process's first report. It follows the clock and never goes back with it: a centre takes
 * no report that is not newer than the last one.
 */
export function firstReportOf(dataDir: string): number {
  const path = join(folderOf(dataDir), "first-report");
  const before = existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
  const back = Number.isSafeInteger(before) && before >= Date.now();
  const first = back ? before + REPORTS_OF_A_PROCESS : Date.now();
  try {
    makeFolder(folderOf(dataDir));
    replaceFile(path, String(first));
  } catch {
    // without room on the disk the clock has to do
  }
  return first;
}

/** The cell's own key: made at its first start, never leaves the machine. */
export function cellKeyOf(dataDir: string): KeyObject {
  const path = join(folderOf(dataDir), "cell.key");
  makeFolder(folderOf(dataDir), 0o700);
  if (!existsSync(path)) replaceFile(path, newKeyText(), 0o600);
  return privateKeyOf(readFileSync(path, "utf8"));
}
export const publicOf = (key: KeyObject): KeyObject => createPublicKey(key);
