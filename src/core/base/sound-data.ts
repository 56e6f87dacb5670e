import { CANONICAL_DEPTH_MAX } from "./canonical.ts";
import { err, ok, type Result } from "./result.ts";
import { wellFormed } from "./text.ts";
import { isWellFormed } from "./utf8.ts";

/** A receipt's body lies one level below the receipt. */
const DEPTH_MAX = CANONICAL_DEPTH_MAX - 2;

/**
 * Plain data that has a canonical text: half characters replaced, −0 as 0. The value itself when nothing
 * had to be changed. What has no such text at all (a number that is none, a cycle or more levels than the
 * canonical text allows, anything but data) is refused in words.
 */
export const soundData = (value: unknown): Result<unknown, string> =>
  isSound(value, 0) ? ok(value) : sound(value, 0);

/** Nearly everything is sound: found without making anything. */
function isSound(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "boolean":
      return true;
    case "string":
      return isWellFormed(value);
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      if (value === null) return true;
      if (depth >= DEPTH_MAX) return false;
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) if (!isSound(value[i], depth + 1)) return false;
        return true;
      }
      return isPlain(value) && isSoundObject(value, depth);
    default:
      return false;
  }
}
function isSoundObject(value: object, depth: number): boolean {
  for (const name of Object.keys(value))
    if (!isWellFormed(name) || !isSound((value as Record<string, unknown>)[name], depth + 1)) return false;
  return true;
}
function isPlain(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}

function sound(value: unknown, depth: number): Result<unknown, string> {
  switch (typeof value) {
    case "boolean":
      return ok(value);
    case "string":
      return ok(wellFormed(value));
    case "number":
      return Number.isFinite(value) ? ok(value === 0 ? 0 : value) : err(`${value} is no number`);
    case "object":
      if (value === null) return ok(null);
      if (depth >= DEPTH_MAX) return err(`more than ${DEPTH_MAX} levels`);
      return Array.isArray(value) ? soundArray(value, depth) : soundObject(value, depth);
    default:
      return err(`${typeof value} is not data`);
  }
}

function soundArray(value: readonly unknown[], depth: number): Result<unknown, string> {
  let copy: unknown[] | null = null;
  for (let i = 0; i < value.length; i++) {
    const member = sound(value[i], depth + 1);
    if (!member.ok) return member;
    if (!Object.is(member.value, value[i])) (copy ??= value.slice())[i] = member.value;
  }
  return ok(copy ?? value);
}

function soundObject(value: object, depth: number): Result<unknown, string> {
  if (!isPlain(value)) return err("an object that is not plain");
  const entries = Object.entries(value);
  let changed = false;
  for (const entry of entries) {
    const [name, member] = entry;
    const read = sound(member, depth + 1);
    if (!read.ok) return read;
    entry[0] = wellFormed(name);
    entry[1] = read.value;
    changed ||= entry[0] !== name || !Object.is(read.value, member);
  }
  return ok(changed ? Object.fromEntries(entries) : value);
}
