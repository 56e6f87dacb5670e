import { table } from "../../core/base/table.ts";
import { err, ok, type Result } from "../../core/base/result.ts";
import { type Field, type FieldType, MAX_FIELDS, MAX_FIXED_COUNT, ONE, type Primitive } from "./layout.ts";
import { rosTypeName } from "./type-name.ts";

const PRIMITIVE_NAMES: Readonly<Record<string, Primitive>> = table({
  bool: "bool",
  byte: "u8",
  char: "u8",
  octet: "u8",
  uint8: "u8",
  int8: "i8",
  uint16: "u16",
  int16: "i16",
  uint32: "u32",
  int32: "i32",
  uint64: "u64",
  int64: "i64",
  float32: "f32",
  float64: "f64",
  string: "text",
  wstring: "wideText",
});
const SEPARATOR = /^=+\s*$/;
const HEAD = /^MSG:\s*(\S+)\s*$/;
const TYPE = /^([A-Za-z][\w/]*)(?:<=(\d+))?(?:\[(<=)?(\d*)\])?$/;
const FIELD_NAME = /^[A-Za-z]\w*$/;

/** ros2msg text as a bag holds it: the type's own fields, then each dependency under a line of `=`. */
export function parseMsgText(
  typeName: string,
  text: string,
): Result<ReadonlyMap<string, readonly Field[]>, string> {
  const types = new Map<string, Field[]>();
  let current = rosTypeName(typeName);
  let fields: Field[] = [];
  types.set(current, fields);
  let head = false;
  for (const raw of text.split("\n")) {
    if (SEPARATOR.test(raw)) {
      head = true;
      continue;
    }
    if (head) {
      const match = HEAD.exec(raw.trim());
      if (match === null)
        return err(
          `expected "MSG: package/Type" after the separator, got ${JSON.stringify(raw.slice(0, 80))}`,
        );
      current = rosTypeName(match[1]!);
      fields = [];
      types.set(current, fields);
      head = false;
      continue;
    }
    const field = parseLine(raw, current);
    if (typeof field === "string") return err(field);
    if (field !== null) fields.push(field);
    if (fields.length > MAX_FIELDS) return err(`more than ${MAX_FIELDS} fields`);
  }
  return ok(types);
}

/** One line: a field, null for nothing (comment, constant), or what is wrong. */
function parseLine(raw: string, owner: string): Field | null | string {
  const line = stripComment(raw).trim();
  if (line === "") return null;
  const [type, name] = line.split(/\s+/, 2);
  if (name === undefined) return `line without a field name: ${JSON.stringify(line.slice(0, 80))}`;
  if (isConstant(line, type!)) return null;
  const parsed = parseType(type!, owner);
  if (parsed === null) return `unreadable type ${JSON.stringify(type!.slice(0, 80))}`;
  const bare = name.split("=")[0]!;
  if (!FIELD_NAME.test(bare)) return `unreadable field name ${JSON.stringify(name.slice(0, 80))}`;
  return { name: bare, ...parsed };
}
/** `TYPE NAME=value`; a default (`type name value`) is no constant. */
const isConstant = (line: string, type: string): boolean =>
  /^\s*[A-Za-z]\w*\s*=/.test(line.slice(type.length));

/** A # starts a comment unless it stands inside a quoted default. */
function stripComment(line: string): string {
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quote !== "") {
      if (c === "\\") i++;
      else if (c === quote) quote = "";
    } else if (c === "#") return line.slice(0, i);
    else if ((c === '"' || c === "'") && i > 0 && line[i - 1] !== "=" && / /.test(line[i - 1]!)) quote = c;
  }
  return line;
}
function parseType(text: string, owner: string): { type: FieldType; array: Field["array"] } | null {
  const match = TYPE.exec(text);
  if (match === null) return null;
  const type = typeOf(match[1]!, owner);
  if (!text.includes("[")) return { type, array: ONE };
  if (match[4] === "")
    return match[3] === undefined ? { type, array: { kind: "sequence", max: Infinity } } : null;
  const count = Number(match[4]);
  if (match[3] !== undefined) return { type, array: { kind: "sequence", max: count } };
  return count > MAX_FIXED_COUNT ? null : { type, array: { kind: "fixed", count } };
}
/** `time` and `duration` are the spelling of ROS 1 that some converted bags keep. */
export function typeOf(name: string, owner: string): FieldType {
  const primitive = PRIMITIVE_NAMES[name];
  if (primitive !== undefined) return { kind: "primitive", primitive };
  if (name === "time" || name === "duration")
    return { kind: "message", name: `builtin_interfaces/msg/${name === "time" ? "Time" : "Duration"}` };
  if (name === "Header") return { kind: "message", name: "std_msgs/msg/Header" };
  const full = name.includes("/") ? name : `${owner.split("/").slice(0, -1).join("/")}/${name}`;
  return { kind: "message", name: rosTypeName(full) };
}
