import { ADDRESS_FILE, createToken, listTokens, revokeToken, SCOPES } from "../edge/http/control/index.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { command, type Command, EXIT, UserError } from "./command.ts";
import { flag, kinds, required, withDefault } from "./options/index.ts";

const data = withDefault(kinds.nodeFolder, "data", "the node's data folder");
const json = flag("as JSON");
const MS = 1_000;
const LONGEST_US = 366 * 86_400e6;

const createCommand = command({
  words: ["token", "create"],
  summary: "make a token with which a person looks at the node from elsewhere (control.listen)",
  example: "cellgate token create --operator shift_lead --scopes look,approve --expires 30d",
  options: {
    data,
    operator: required(kinds.person, "operator of the deployment whose token it is", {
      missing: "no operator named",
      remedy: "name one of the deployment's operators with --operator",
    }),
    scopes: withDefault(
      kinds.choices(SCOPES),
      "look",
      "what it is for: look, and roles that this operator has",
    ),
    expires: withDefault(kinds.duration(LONGEST_US, "30d"), "30d", "how long it is valid"),
    json,
  },
  async run({ values }, io) {
    const now = Date.now();
    const expiresAt = now + Math.round(values.expires / MS);
    requireFolder(values.data);
    const { operator, scopes } = values;
    const made = createToken(values.data, { operator, scopes, expiresAt }, now);
    const until = new Date(expiresAt).toISOString();
    if (values.json) io.out(JSON.stringify({ ...made, operator, scopes, expires_at: until }));
    else {
      io.out(`Token ${made.id} of ${operator} for ${scopes.join(", ")}, until ${until}.`);
      io.out("It is shown this once and kept nowhere; hand it over safely:");
      io.out(made.token);
    }
    return EXIT.ok;
  },
});

const listCommand = command({
  words: ["token", "list"],
  summary: "which tokens there are, whose, what for and until when",
  example: "cellgate token list",
  options: { data, json },
  async run({ values }, io) {
    requireFolder(values.data);
    const now = Date.now();
    const rows = listTokens(values.data).map(({ id, operator, scopes, created_at, expires_at }) => ({
      id,
      operator,
      scopes,
      created_at: new Date(created_at).toISOString(),
      expires_at: new Date(expires_at).toISOString(),
      valid: expires_at > now,
    }));
    if (values.json) io.out(JSON.stringify(rows));
    else if (rows.length === 0) io.out("No token has been made.");
    else
      for (const row of rows)
        io.out(
          `${row.id}  ${row.operator}  ${row.scopes.join(",")}  ${row.valid ? "until" : "ended"} ${row.expires_at}`,
        );
    return EXIT.ok;
  },
});

const revokeCommand = command({
  words: ["token", "revoke"],
  summary: "end a token; whoever looks with it is cut off within a second",
  takes: "<ID>",
  example: "cellgate token revoke 1f2e3d4c",
  options: { data },
  async run({ values, positionals }, io) {
    const [id] = positionals;
    if (id === undefined) throw new UserError("no token named", "`cellgate token list` shows their names");
    requireFolder(values.data);
    if (!revokeToken(values.data, id))
      throw new UserError(`there is no token ${id}`, "`cellgate token list` shows their names");
    io.out(`Token ${id} has ended.`);
    return EXIT.ok;
  },
});

/** a token that no node will ever read is worse than none */
function requireFolder(folder: string): void {
  if (existsSync(join(folder, ADDRESS_FILE)) || existsSync(join(folder, "control-tokens.json"))) return;
  throw new UserError(
    `${folder} is no data folder of a node`,
    "start the node once, or name its folder with --data",
  );
}

export const TOKEN_COMMANDS: readonly Command[] = [createCommand, listCommand, revokeCommand];
