import { err, ok, type Result } from "../../core/base/result.ts";
import { type Field, MAX_DEFINITION_BYTES, MAX_DEPTH, MAX_TYPES, type MessageLayout } from "./layout.ts";
import { parseIdlText } from "./parse-idl.ts";
import { parseMsgText } from "./parse-msg.ts";
import { rosTypeName } from "./type-name.ts";

const BUILT_IN: ReadonlyMap<string, readonly Field[]> = new Map(
  ["Time", "Duration"].map((name): [string, readonly Field[]] => [
    `builtin_interfaces/msg/${name}`,
    [
      { name: "sec", type: { kind: "primitive", primitive: "i32" }, array: { kind: "one" } },
      { name: "nanosec", type: { kind: "primitive", primitive: "u32" }, array: { kind: "one" } },
    ],
  ]),
);

/** The layout of a type from the text in a bag; an error says in words what could not be understood. */
export function parseDefinition(
  typeName: string,
  encoding: string,
  text: string,
): Result<MessageLayout, string> {
  if (text.length > MAX_DEFINITION_BYTES) return err(`definition longer than ${MAX_DEFINITION_BYTES} bytes`);
  if (encoding !== "ros2msg" && encoding !== "ros2idl")
    return err(`schema encoding "${encoding.slice(0, 40)}" is not understood`);
  const parsed = encoding === "ros2msg" ? parseMsgText(typeName, text) : parseIdlText(typeName, text);
  if (!parsed.ok) return parsed;
  if (parsed.value.size > MAX_TYPES) return err(`more than ${MAX_TYPES} types`);
  const types = new Map([...BUILT_IN, ...parsed.value]);
  const fault = checkType(rosTypeName(typeName), types, 0, new Set());
  return fault === null ? ok({ name: rosTypeName(typeName), types }) : err(fault);
}

/** Every named type is known and none contains itself, however deep. */
function checkType(
  name: string,
  types: ReadonlyMap<string, readonly Field[]>,
  depth: number,
  done: Set<string>,
): string | null {
  if (done.has(name)) return null;
  const fields = types.get(name);
  if (fields === undefined) return `type ${name} is used but not defined`;
  if (depth > MAX_DEPTH) return `types nested deeper than ${MAX_DEPTH}, or in a circle`;
  for (const field of fields) {
    if (field.type.kind !== "message") continue;
    const fault = checkType(field.type.name, types, depth + 1, done);
    if (fault !== null) return fault;
  }
  done.add(name);
  return null;
}
