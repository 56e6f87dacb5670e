import type { Problem } from "../../../core/base/problem.ts";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { err, ok, type Result } from "../../../core/base/result.ts";
import { readJson, replaceFile, writeJson } from "../../files/index.ts";
import { CONTROL_TOKEN_BYTES, type Deployment, type Role } from "../../../core/domain/index.ts";

export type Operator = Deployment["operators"][number];
/** Who asks, as the deployment knows this person today. */
export interface Caller {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly publicKey: string | undefined;
}
export interface TokenStore {
  /** null: the token belongs to nobody. Takes the same time for every wrong token. */
  find(token: string): Caller | null;
  /** token files written just now, for the person at the terminal */
  readonly made: readonly { readonly operator: string; readonly file: string }[];
}

const HASHES_FILE = "control-tokens.json";
const TOKENS_FOLDER = "operators";
const hashesSchema = z.strictObject({
  schema: z.literal("cellgate.control-tokens/1"),
  tokens: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});
type Hashes = z.infer<typeof hashesSchema>;

const sha256 = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();
export const tokenFile = (dataDir: string, operator: string): string =>
  join(dataDir, TOKENS_FOLDER, `${operator}.token`);

/**
 * Reads the hashes of the operators' tokens and makes a token for every operator who has none. Only the hash
 * is kept; the token itself stands once in a file that its owner takes away. Who leaves the deployment loses
 * access with its next start.
 */
export function openTokens(dataDir: string, operators: readonly Operator[]): Result<TokenStore, Problem> {
  const read = readHashes(join(dataDir, HASHES_FILE));
  if (!read.ok) return read;
  const hashes: Hashes = { schema: "cellgate.control-tokens/1", tokens: {} };
  const made: { operator: string; file: string }[] = [];
  for (const { name } of operators) {
    const known = read.value.tokens[name];
    hashes.tokens[name] = known ?? sha256(makeToken(dataDir, name, made)).toString("hex");
  }
  writeJson(join(dataDir, HASHES_FILE), hashes, 2, 0o600);
  return ok(storeOf(operators, hashes, made));
}

function storeOf(operators: readonly Operator[], hashes: Hashes, made: TokenStore["made"]): TokenStore {
  const entries = operators.map((operator) => ({
    hash: Buffer.from(hashes.tokens[operator.name]!, "hex"),
    caller: { name: operator.name, roles: operator.roles, publicKey: operator.publicKey },
  }));
  return {
    made,
    find(token) {
      const given = sha256(token);
      let found: Caller | null = null;
      // every entry is compared to its end, so that time tells nothing about any of them
      for (const { hash, caller } of entries) if (timingSafeEqual(hash, given)) found = caller;
      return found;
    },
  };
}

function makeToken(dataDir: string, operator: string, made: { operator: string; file: string }[]): string {
  const token = randomBytes(CONTROL_TOKEN_BYTES).toString("base64url");
  const file = tokenFile(dataDir, operator);
  mkdirSync(join(dataDir, TOKENS_FOLDER), { recursive: true, mode: 0o700 });
  replaceFile(file, `${token}\n`, 0o600);
  made.push({ operator, file });
  return token;
}

/** Where the system knows users: a file that this process's user does not own. */
const belongsToOther = (file: string): boolean =>
  process.geteuid !== undefined && statSync(file).uid !== process.geteuid();

function readHashes(file: string): Result<Hashes, Problem> {
  if (!existsSync(file)) return ok({ schema: "cellgate.control-tokens/1", tokens: {} });
  if (belongsToOther(file))
    return err({
      what: `${file} belongs to another user, who could have put tokens of their own there`,
      remedy: "start the node as the user who owns its data folder, or give it a folder of its own",
    });
  if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0)
    return err({ what: `${file} can be read or changed by others`, remedy: `run: chmod 600 ${file}` });
  try {
    return ok(hashesSchema.parse(readJson(file)));
  } catch {
    return err({ what: `${file} is damaged`, remedy: "remove it; new tokens are made at the next start" });
  }
}
