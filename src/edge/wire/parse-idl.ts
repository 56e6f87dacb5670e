import { table } from "../../core/base/table.ts";
import { err, ok, type Result } from "../../core/base/result.ts";
import { type Field, type FieldType, MAX_FIELDS, MAX_FIXED_COUNT, ONE, type Primitive } from "./layout.ts";
import { rosTypeName } from "./type-name.ts";

const WORDS: Readonly<Record<string, Primitive>> = table({
  boolean: "bool",
  octet: "u8",
  char: "u8",
  uint8: "u8",
  int8: "i8",
  uint16: "u16",
  int16: "i16",
  uint32: "u32",
  int32: "i32",
  uint64: "u64",
  int64: "i64",
  short: "i16",
  long: "i32",
  float: "f32",
  double: "f64",
  string: "text",
  wstring: "wideText",
});
const SKIP = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|#[^\n]*|={3,}[^\n]*|IDL:[^\n]*)+/y;
const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_]\w*|\d[\w.]*|::|[^\s\w]/y;

interface Declared {
  readonly type: FieldType;
  readonly array: Field["array"];
}
class Unreadable extends Error {}

/** ros2idl text: modules, structs, constants, enums and typedefs; anything else is refused by its name. */
export function parseIdlText(
  typeName: string,
  text: string,
): Result<ReadonlyMap<string, readonly Field[]>, string> {
  try {
    const types = new IdlParser(tokensOf(text)).parse();
    return types.has(rosTypeName(typeName))
      ? ok(types)
      : err(`no struct ${rosTypeName(typeName)} in the definition`);
  } catch (error) {
    if (error instanceof Unreadable) return err(error.message);
    throw error;
  }
}
function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < text.length) {
    SKIP.lastIndex = at;
    const skipped = SKIP.exec(text);
    if (skipped !== null) at = SKIP.lastIndex;
    if (at >= text.length) break;
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    if (token === null) throw new Unreadable(`unreadable character at ${at}`);
    tokens.push(token[0]);
    at = TOKEN.lastIndex;
  }
  return tokens;
}

class IdlParser {
  readonly #tokens: readonly string[];
  #at = 0;
  readonly #scope: string[] = [];
  readonly #structs = new Map<string, Field[]>();
  readonly #typedefs = new Map<string, Declared>();
  readonly #enums = new Set<string>();
  readonly #constants = new Map<string, number>();

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }
  parse(): ReadonlyMap<string, readonly Field[]> {
    while (this.#at < this.#tokens.length) this.#declaration();
    return this.#resolved();
  }
  #declaration(): void {
    this.#annotations();
    const word = this.#next();
    if (word === "module") return this.#module();
    if (word === "struct") return this.#struct();
    if (word === "const") return this.#constant();
    if (word === "enum") return this.#enumeration();
    if (word === "typedef") return this.#typedef();
    if (word !== ";") throw new Unreadable(`"${word}" is not understood here`);
  }
  #module(): void {
    this.#scope.push(this.#next());
    if (this.#scope.length > 16) throw new Unreadable("modules nested too deeply");
    this.#expect("{");
    while (this.#peek() !== "}") this.#declaration();
    this.#expect("}");
    this.#scope.pop();
    this.#optional(";");
  }
  #struct(): void {
    const name = [...this.#scope, this.#next()].join("/");
    const fields: Field[] = [];
    this.#expect("{");
    while (this.#peek() !== "}") {
      this.#annotations();
      const declared = this.#typeSpec();
      do fields.push({ name: this.#fieldName(), ...this.#dimensions(declared) });
      while (this.#optional(","));
      this.#expect(";");
      if (fields.length > MAX_FIELDS) throw new Unreadable(`more than ${MAX_FIELDS} fields`);
    }
    this.#expect("}");
    this.#optional(";");
    this.#structs.set(rosTypeName(name), fields);
  }
  #fieldName(): string {
    const name = this.#next();
    if (!/^[A-Za-z]\w*$/.test(name)) throw new Unreadable(`"${name.slice(0, 40)}" is no field name`);
    return name;
  }
  #constant(): void {
    this.#typeSpec();
    const name = this.#next();
    this.#expect("=");
    const value: string[] = [];
    while (this.#peek() !== ";") value.push(this.#next());
    this.#expect(";");
    const number = Number(value.join(""));
    if (Number.isFinite(number)) this.#constants.set(name, number);
  }
  #enumeration(): void {
    this.#enums.add([...this.#scope, this.#next()].join("/"));
    this.#expect("{");
    while (this.#next() !== "}");
    this.#optional(";");
  }
  #typedef(): void {
    const declared = this.#typeSpec();
    const name = this.#next();
    this.#typedefs.set([...this.#scope, name].join("/"), this.#dimensions(declared));
    this.#expect(";");
  }
  #annotations(): void {
    while (this.#optional("@")) {
      this.#next();
      while (this.#optional("::")) this.#next();
      if (this.#optional("(")) this.#skipBrackets();
    }
  }
  #skipBrackets(): void {
    for (let depth = 1; depth > 0; ) {
      const token = this.#next();
      if (token === "(") depth++;
      else if (token === ")") depth--;
    }
  }
  #typeSpec(): Declared {
    const word = this.#next();
    if (word === "sequence") return this.#sequence();
    if (word === "unsigned") return { type: this.#unsigned(), array: ONE };
    if (word === "long" && this.#peek() === "long")
      return this.#advance({ type: primitive("i64"), array: ONE });
    if (word === "long" && this.#peek() === "double")
      throw new Unreadable("long double is not part of ROS 2");
    const known = WORDS[word];
    if (known !== undefined) {
      if ((word === "string" || word === "wstring") && this.#optional("<")) this.#closeBound();
      return { type: primitive(known), array: ONE };
    }
    if (!/^[A-Za-z_:]/.test(word)) throw new Unreadable(`"${word.slice(0, 40)}" is no type`);
    const path = word === "::" ? [this.#next()] : [word];
    while (this.#optional("::")) path.push(this.#next());
    const name = path.length === 1 ? [...this.#scope, path[0]!].join("/") : path.join("/");
    return { type: { kind: "message", name }, array: ONE };
  }
  #sequence(): Declared {
    this.#expect("<");
    const element = this.#typeSpec();
    const max = this.#optional(",") ? this.#number() : Infinity;
    this.#expect(">");
    if (element.array.kind !== "one") throw new Unreadable("a sequence of sequences is not part of ROS 2");
    return { type: element.type, array: { kind: "sequence", max } };
  }
  #unsigned(): FieldType {
    const word = this.#next();
    if (word === "short") return primitive("u16");
    if (word !== "long") throw new Unreadable(`"unsigned ${word}" is no type`);
    return primitive(this.#optional("long") ? "u64" : "u32");
  }
  #closeBound(): void {
    this.#number();
    this.#expect(">");
  }
  #dimensions(declared: Declared): Declared {
    if (!this.#optional("[")) return declared;
    const count = this.#number();
    this.#expect("]");
    if (declared.array.kind !== "one" || count > MAX_FIXED_COUNT)
      throw new Unreadable("array of arrays or too long");
    return { type: declared.type, array: { kind: "fixed", count } };
  }
  #number(): number {
    const token = this.#next();
    const value = this.#constants.get(token) ?? Number(token);
    if (!Number.isInteger(value) || value < 0) throw new Unreadable(`"${token.slice(0, 40)}" is no length`);
    return value;
  }
  #peek(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Unreadable("the definition ends early");
    return token;
  }
  #next(): string {
    const token = this.#peek();
    this.#at++;
    return token;
  }
  #advance<T>(value: T): T {
    this.#at++;
    return value;
  }
  #optional(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }
  #expect(token: string): void {
    const found = this.#next();
    if (found !== token) throw new Unreadable(`expected "${token}", got "${found.slice(0, 40)}"`);
  }
  /** Puts the meaning of typedefs and enums in place of their names. */
  #resolved(): ReadonlyMap<string, readonly Field[]> {
    const result = new Map<string, readonly Field[]>();
    for (const [name, fields] of this.#structs)
      result.set(
        name,
        fields.map((field) => this.#resolve(field, 0)),
      );
    return result;
  }
  #resolve(field: Field, depth: number): Field {
    if (field.type.kind === "primitive" || depth > 8) return field;
    if (this.#enums.has(field.type.name)) return { ...field, type: primitive("u32") };
    const alias = this.#typedefs.get(field.type.name);
    if (alias === undefined)
      return { ...field, type: { kind: "message", name: rosTypeName(field.type.name) } };
    if (alias.array.kind !== "one" && field.array.kind !== "one") throw new Unreadable("array of arrays");
    return this.#resolve(
      { name: field.name, type: alias.type, array: alias.array.kind === "one" ? field.array : alias.array },
      depth + 1,
    );
  }
}
const primitive = (value: Primitive): FieldType => ({ kind: "primitive", primitive: value });
