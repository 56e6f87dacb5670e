import { table } from "../core/base/table.ts";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { type Code, codeEntry, CODES, proposalSchema } from "../core/domain/index.ts";
import { command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { connectToNode, controlOptions } from "./control-client.ts";
import { troubleWith } from "../core/base/trouble-with.ts";
import { flag, kinds, optional, withDefault } from "./options/index.ts";

const WAIT_MAX_US = 3_600e6;
const FOLLOW_MAX_S = 300;
/** Words of an answer that are a verdict. */
const VERDICTS: ReadonlySet<string> = new Set(["GREEN", "YELLOW", "RED"]);
/** Words of an answer after which nothing comes any more. */
const ENDS: ReadonlySet<string> = new Set(["RED", "COMPLETED", "ABORTED", "EXPIRED", "REVOKED"]);
type Answer = Readonly<Record<string, unknown>>;

const options = {
  ...controlOptions,
  wait: withDefault(kinds.duration(WAIT_MAX_US, "5s"), "5s", "how long to wait for the verdict"),
  id: optional(
    kinds.named("NAME", "an action_id"),
    "action_id instead of the file's; no id is taken twice in a run, so that nothing is asked again unseen",
  ),
  follow: flag("stay until the action has ended, and tell what came of it"),
  schema: flag("print the JSON Schema of a proposal and do nothing else"),
} as const;
type ProposeInput = CommandInput<typeof options>;

export const proposeCommand = command({
  words: ["propose"],
  summary: "hand an action to a running node's gate, hear its verdict",
  takes: "<proposal.json|->",
  example: "cellgate propose launch/actions/home.json",
  options,
  async run(input, io) {
    if (input.values.schema) {
      io.out(JSON.stringify(z.toJSONSchema(proposalSchema), null, 2));
      return EXIT.ok;
    }
    const { id } = input.values;
    const proposal = {
      ...readProposalFile(input.positionals[0], io),
      ...(id !== undefined && { action_id: id }),
    };
    return proposeAndWait(proposal, input.values.wait / 1e6, input, io);
  },
});

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
    throw new UserError(`${file} cannot be read: ${troubleWith(cause)}`, "check the path");
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
  input: ProposeInput,
  io: Io,
): Promise<number> {
  const node = connectToNode(input, "program");
  const answers = createMailbox();
  const stream = await node.follow((event, data) => {
    const { action_id, answer } = data as { action_id?: unknown; answer?: Answer };
    if (event === "answer" && action_id === proposal["action_id"] && answer !== undefined)
      answers.put(answer);
  });
  try {
    const taken = await node.postAsIs("/v1/proposals", proposal);
    if (taken.status !== 202) {
      io.err(String(taken.body["title"] ?? `refused with status ${taken.status}`));
      return taken.status === 401 || taken.status >= 500 ? EXIT.failed : EXIT.found;
    }
    const verdict = await firstOf(VERDICTS, answers, seconds, input, io);
    say(verdict, input, io);
    const goesOn = verdict["requires_approval"] === true || passes(verdict);
    if (input.values["follow"] !== true || !goesOn) return exitOf(verdict);
    const end = await firstOf(ENDS, answers, FOLLOW_MAX_S, input, io);
    say(end, input, io);
    return exitOf(end);
  } finally {
    stream.close();
  }
}
const passes = ({ verdict, enforced }: Answer): boolean => verdict !== "RED" && enforced !== false;
const exitOf = ({ verdict }: Answer): number =>
  ["GREEN", "YELLOW", "COMPLETED"].includes(String(verdict)) ? EXIT.ok : EXIT.found;

/** The first answer that is one of these; what else is said before it, is told. */
async function firstOf(
  wanted: ReadonlySet<string>,
  answers: Mailbox,
  seconds: number,
  input: ProposeInput,
  io: Io,
): Promise<Answer> {
  for (const until = performance.now() + seconds * 1_000; ; ) {
    const answer = await answers.next(until - performance.now());
    if (answer === null)
      throw new UserError(
        wanted === VERDICTS ? `no verdict within ${seconds} s` : `it did not end within ${seconds} s`,
        `${wanted === VERDICTS ? "wait longer with --wait, or look" : "look"} with \`cellgate explain ACTION\``,
        EXIT.failed,
      );
    if (wanted.has(String(answer["verdict"]))) return answer;
    if (input.values["json"] !== true) io.err(`${String(answer["verdict"])}: ${String(answer["reason"])}`);
  }
}

type Mailbox = ReturnType<typeof createMailbox>;
/** Answers wait here until somebody asks for them. */
function createMailbox() {
  const kept: Answer[] = [];
  let wake: () => void = () => {};
  return {
    put(answer: Answer): void {
      kept.push(answer);
      wake();
    },
    /** null: nothing came in time */
    async next(ms: number): Promise<Answer | null> {
      if (kept.length === 0)
        await new Promise<void>((done) => {
          const timer = setTimeout(done, ms);
          wake = () => {
            clearTimeout(timer);
            done();
          };
        });
      return kept.shift() ?? null;
    },
  };
}

function say(answer: Answer, input: ProposeInput, io: Io): void {
  if (input.values.json) io.out(JSON.stringify(answer));
  else if (VERDICTS.has(String(answer["verdict"]))) sayVerdict(answer, input, io);
  else sayEnd(answer, input, io);
}

/** What follows from a verdict that lets an action through. */
const FOLLOWS: Readonly<Record<string, string>> = table({ GREEN: "it runs", YELLOW: "it runs, watched" });

const entryOf = ({ code }: Answer) => (Object.hasOwn(CODES, String(code)) ? codeEntry(code as Code) : null);
/** as it has to be given again to find the same node */
function sameData({ values: { data } }: ProposeInput, io: Io): string {
  return data === resolve(io.cwd, "data") ? "" : ` --data ${data}`;
}

function sayVerdict(answer: Answer, input: ProposeInput, io: Io): void {
  const entry = entryOf(answer);
  const [verdict = "", id = "", reason = ""] = ["verdict", "action_id", "reason"].map((key) =>
    String(answer[key]),
  );
  const follows = FOLLOWS[verdict];
  const title = entry?.title ?? String(answer["code"]);
  const score =
    typeof answer["confidence_score"] === "number"
      ? `, confidence ${answer["confidence_score"].toFixed(3)}`
      : "";
  const shadow = answer["enforced"] === false ? " (shadow: nothing was let through)" : "";
  io.out(`${verdict}${score}${shadow === "" ? `: ${follows ?? title}` : `: ${title}${shadow}`}`);
  // what only says the score again is left out
  if (reason !== "" && !(follows !== undefined && reason.startsWith("confidence_score")))
    io.out(`  ${reason}`);
  if (answer["requires_approval"] === true)
    io.out(`  → a person may answer: cellgate approvals show ${id}${sameData(input, io)}`);
  else if (answer["code"] === "PROPOSAL_ID_REPEATED") io.out(`  → ${entry!.remedy} Here: --id ${id}-2`);
  else if (follows === undefined && entry !== null) io.out(`  → ${entry.remedy}`);
  else if (input.values["follow"] !== true)
    io.out(`  → what came of it: cellgate explain ${id}${sameData(input, io)}`);
}

function sayEnd(answer: Answer, input: ProposeInput, io: Io): void {
  const reason = String(answer["reason"]);
  const title = entryOf(answer)?.title ?? String(answer["code"]);
  io.out(`${String(answer["verdict"])}: ${title}${reason === "" ? "" : `, ${reason}`}`);
  io.out(`  → every number: cellgate explain ${String(answer["action_id"])}${sameData(input, io)}`);
}
