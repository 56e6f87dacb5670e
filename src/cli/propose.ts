import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { type Code, codeEntry, CODES, proposalSchema } from "../domain/index.ts";
import { type Command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { connectToNode, controlOptions, textOf } from "./control-client.ts";

const WAIT_DEFAULT_S = 5;
const WAIT_MAX_S = 3_600;
/** Words of an answer after which nothing follows by itself. */
const FINAL: ReadonlySet<string> = new Set(["GREEN", "YELLOW", "RED"]);

export const proposeCommand: Command = {
  words: ["propose"],
  summary: "hand an action to a running node's gate, hear its verdict",
  usage: "<proposal.json|-> [--wait 5] [--schema] [--data DIR] [--as NAME] [--url URL] [--json]",
  example: "cellgate propose move.json --wait 10",
  options: {
    ...controlOptions,
    wait: { type: "string", help: `seconds to wait for the verdict (default ${WAIT_DEFAULT_S})` },
    schema: { type: "boolean", help: "print the JSON Schema of a proposal and do nothing else" },
  },
  async run(input, io) {
    if (input.values["schema"] === true) {
      io.out(JSON.stringify(z.toJSONSchema(proposalSchema), null, 2));
      return EXIT.ok;
    }
    const proposal = readProposalFile(input.positionals[0], io);
    const seconds = Number(textOf(input, "wait") ?? WAIT_DEFAULT_S);
    if (!(seconds > 0 && seconds <= WAIT_MAX_S))
      throw new UserError(`--wait expected 0 to ${WAIT_MAX_S} seconds`, "for example --wait 10");
    return proposeAndWait(proposal, seconds, input, io);
  },
};

export function readProposalFile(file: string | undefined, io: Io): Record<string, unknown> {
  if (file === undefined)
    throw new UserError(
      "no proposal given",
      "name a JSON file, or - for standard input; `cellgate propose --schema` prints the format",
    );
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : resolve(io.cwd, file), "utf8");
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${(cause as Error).message}`, "check the path");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError(
      `${file} is no JSON: ${(cause as Error).message}`,
      "`cellgate propose --schema` prints the format",
    );
  }
  if (
    typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    typeof (value as Record<string, unknown>)["action_id"] !== "string"
  )
    throw new UserError(
      `${file} holds no proposal with an action_id`,
      "`cellgate propose --schema` prints the format",
    );
  return value as Record<string, unknown>;
}

async function proposeAndWait(
  proposal: Record<string, unknown>,
  seconds: number,
  input: CommandInput,
  io: Io,
): Promise<number> {
  const node = connectToNode(input, io);
  const id = proposal["action_id"];
  let tell: (answer: Record<string, unknown>) => void = () => {};
  const answered = new Promise<Record<string, unknown> | null>((done) => {
    const timer = setTimeout(() => done(null), seconds * 1_000);
    tell = (answer) => {
      clearTimeout(timer);
      done(answer);
    };
  });
  const stream = await node.follow((event, data) => {
    const { action_id, answer } = data as { action_id?: unknown; answer?: Record<string, unknown> };
    if (event !== "answer" || action_id !== id || answer === undefined) return;
    if (FINAL.has(String(answer["verdict"]))) tell(answer);
    else if (input.values["json"] !== true)
      io.err(`${String(answer["verdict"])}: ${String(answer["reason"])}`);
  });
  try {
    const taken = await node.postAsIs("/v1/proposals", proposal);
    if (taken.status !== 202) {
      io.err(String(taken.body["title"] ?? `refused with status ${taken.status}`));
      return taken.status === 401 || taken.status >= 500 ? EXIT.failed : EXIT.found;
    }
    return say(await answered, seconds, input, io);
  } finally {
    stream.close();
  }
}

function say(answer: Record<string, unknown> | null, seconds: number, input: CommandInput, io: Io): number {
  if (answer === null)
    throw new UserError(
      `no verdict within ${seconds} s`,
      "wait longer with --wait, or look with `cellgate explain ACTION`",
      EXIT.failed,
    );
  if (input.values["json"] === true) io.out(JSON.stringify(answer));
  else sayVerdict(answer, io);
  return answer["verdict"] === "RED" ? EXIT.found : EXIT.ok;
}

function sayVerdict(answer: Record<string, unknown>, io: Io): void {
  const code = String(answer["code"]);
  const entry = Object.hasOwn(CODES, code) ? codeEntry(code as Code) : null;
  const score =
    typeof answer["confidence_score"] === "number"
      ? `, confidence ${answer["confidence_score"].toFixed(3)}`
      : "";
  const shadow = answer["enforced"] === false ? " (shadow: nothing was let through)" : "";
  io.out(`${String(answer["verdict"])}: ${entry?.title ?? code}${score}${shadow}`);
  if (String(answer["reason"]) !== "") io.out(`  ${String(answer["reason"])}`);
  if (answer["requires_approval"] === true)
    io.out(`  → a person may answer: cellgate approvals show ${String(answer["action_id"])}`);
  else if (answer["verdict"] === "RED" && entry !== null) io.out(`  → ${entry.remedy}`);
}
