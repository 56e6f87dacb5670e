import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { canonicalText } from "../../../core/base/canonical.ts";
import { troubleWith } from "../../../core/base/trouble-with.ts";
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
  /** what could not be written; nobody has a token then who had none before */
  readonly troubles: readonly string[];
  /** words on a file that could not be believed and was put aside; empty: all was well */
  readonly setAside: string;
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
 * access with its next start. A file that cannot be believed is set aside, and everybody gets a new token.
 */
export function openTokens(dataDir: string, operators: readonly Operator[]): TokenStore {
  const file = join(dataDir, HASHES_FILE);
  const { hashes: before, setAside } = readHashes(file);
  const hashes: Hashes = { schema: "cellgate.control-tokens/1", tokens: {} };
  const made: { operator: string; file: string }[] = [];
  const troubles: string[] = [];
  for (const { name } of operators) {
    const known = before.tokens[name];
    try {
      hashes.tokens[name] = known ?? sha256(makeToken(dataDir, name, made)).toString("hex");
    } catch (cause) {
      troubles.push(`token of ${name}: ${troubleWith(cause)}`);
    }
  }
  try {
    // what stands there already is not written again: a folder that nobody may write starts, too
    if (canonicalText(hashes) !== canonicalText(before)) writeJson(file, hashes, 2, 0o600);
  } catch (cause) {
    troubles.push(`${HASHES_FILE}: ${troubleWith(cause)}`);
  }
  return storeOf(operators, hashes, { made, troubles, setAside });
}

function storeOf(
  operators: readonly Operator[],
  { tokens }: Hashes,
  found: Omit<TokenStore, "find">,
): TokenStore {
  const entries = operators.flatMap(({ name, roles, publicKey }) => {
    const hash = tokens[name];
    return hash === undefined ? [] : [{ hash: Buffer.from(hash, "hex"), caller: { name, roles, publicKey } }];
  });
  return {
    ...found,
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

/** What could have been put there by somebody else, or cannot be read, gives nobody access. */
function readHashes(file: string): { readonly hashes: Hashes; readonly setAside: string } {
  const none: Hashes = { schema: "cellgate.control-tokens/1", tokens: {} };
  try {
    if (!existsSync(file)) return { hashes: none, setAside: "" };
    const wrong = belongsToOther(file)
      ? "it belongs to another user, who could have put tokens of their own there"
      : process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0
        ? "it could be read or changed by others"
        : null;
    if (wrong === null) return { hashes: hashesSchema.parse(readJson(file)), setAside: "" };
    return { hashes: none, setAside: putAside(file, wrong) };
  } catch (cause) {
    return { hashes: none, setAside: putAside(file, `it cannot be read: ${troubleWith(cause)}`) };
  }
}
function putAside(file: string, why: string): string {
  const to = `${file}.set-aside`;
  try {
    rmSync(to, { force: true, recursive: true });
    renameSync(file, to);
    return `${file} was set aside: ${why}`;
  } catch {
    return `${file} is not used: ${why}`;
  }
}
