import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CONTROL_TOKEN_BYTES, type Deployment, type Role, ROLES } from "../../../core/domain/index.ts";
import { readJson, writeJson } from "../../files/index.ts";

/**
 * Tokens of persons who look from elsewhere: each with a scope and an end, made, listed and revoked by command. Only the
 * hash is kept. A running node hears of a change with the next request, a revocation above all.
 */
const FILE = "personal-tokens.json";
/** what a token may be for: to look, and any role that its person has */
export const SCOPES = ["look", ...ROLES] as const;
export type Scope = (typeof SCOPES)[number];

const entrySchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  operator: z.string().min(1).max(256),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(SCOPES)).min(1),
  /** epoch milliseconds */
  created_at: z.number().int(),
  expires_at: z.number().int(),
});
const fileSchema = z.strictObject({
  schema: z.literal("cellgate.personal-tokens/1"),
  tokens: z.array(entrySchema).max(1_000),
});
export type PersonalToken = z.infer<typeof entrySchema>;

const sha256 = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();
const fileOf = (dataDir: string): string => join(dataDir, FILE);

/** Throws words for a person when the file cannot be read: nobody is let in by a damaged file. */
export const listTokens = (dataDir: string): readonly PersonalToken[] =>
  existsSync(fileOf(dataDir)) ? fileSchema.parse(readJson(fileOf(dataDir))).tokens : [];

const write = (dataDir: string, tokens: readonly PersonalToken[]): void =>
  writeJson(fileOf(dataDir), { schema: "cellgate.personal-tokens/1", tokens }, 2, 0o600);

/** The token itself is given back once and kept nowhere. */
export function createToken(
  dataDir: string,
  made: { readonly operator: string; readonly scopes: readonly Scope[]; readonly expiresAt: number },
  now: number,
): { readonly id: string; readonly token: string } {
  const token = randomBytes(CONTROL_TOKEN_BYTES).toString("base64url");
  const entry: PersonalToken = {
    id: randomBytes(4).toString("hex"),
    operator: made.operator,
    sha256: sha256(token).toString("hex"),
    scopes: [...new Set(made.scopes)],
    created_at: now,
    expires_at: made.expiresAt,
  };
  // what has ended is not kept
  write(dataDir, [...listTokens(dataDir).filter((t) => t.expires_at > now), entry]);
  return { id: entry.id, token };
}

/** false: there is no such token */
export function revokeToken(dataDir: string, id: string): boolean {
  const tokens = listTokens(dataDir);
  const left = tokens.filter((t) => t.id !== id);
  if (left.length === tokens.length) return false;
  write(dataDir, left);
  return true;
}

/** Who holds a token now. */
export interface Holder {
  readonly id: string;
  readonly operator: string;
  readonly scopes: readonly Scope[];
}
/** What a running node knows of the tokens. A file that others can read or that is damaged lets nobody in. */
export class PersonalTokens {
  readonly #dataDir: string;
  #tokens: readonly PersonalToken[] = [];
  #seen = "";

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** null: nobody's, or it has ended. Takes the same time for every wrong token. */
  find(token: string, now: number): Holder | null {
    this.#look();
    const given = sha256(token);
    let found: PersonalToken | null = null;
    for (const entry of this.#tokens)
      if (timingSafeEqual(Buffer.from(entry.sha256, "hex"), given)) found = entry;
    if (found === null || found.expires_at <= now) return null;
    const { id, operator, scopes } = found;
    return { id, operator, scopes };
  }

  /** asks the file for its age alone as long as nothing changed */
  #look(): void {
    const file = fileOf(this.#dataDir);
    const stat = statSync(file, { throwIfNoEntry: false });
    const seen = stat === undefined ? "" : `${stat.ino}/${stat.mtimeMs}/${stat.size}`;
    if (seen === this.#seen) return;
    this.#seen = seen;
    const isOpen = stat !== undefined && process.platform !== "win32" && (stat.mode & 0o077) !== 0;
    try {
      this.#tokens = stat === undefined || isOpen ? [] : listTokens(this.#dataDir);
    } catch {
      this.#tokens = [];
    }
  }
}

/** What somebody may do here with this token: their own roles, as far as the token has them. */
export const rolesWith = (holder: Holder, operators: Deployment["operators"]): readonly Role[] | null => {
  const person = operators.find(({ name }) => name === holder.operator);
  return person === undefined ? null : person.roles.filter((role) => holder.scopes.includes(role));
};
