import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { utf8Bytes } from "../core/base/utf8.ts";
import { signedApprovalText } from "../edge/http/control/index.ts";
import type { NodeStatus } from "../core/domain/index.ts";
import { command, type Command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { connectToNode, controlOptions, type NodeClient, sayOutcome } from "./control-client.ts";
import { troubleWith } from "../core/base/trouble-with.ts";
import { kinds, optional } from "./options/index.ts";

type Waiting = NodeStatus["gate"]["approvals"][number];
const { data, as, url, json } = controlOptions;

export const approvalsListCommand = command({
  words: ["approvals", "list"],
  summary: "actions that were blocked and wait for a person",
  example: "cellgate approvals list",
  options: { data, as, url, json },
  async run(input, io) {
    const { status, waiting } = await readWaiting(connectToNode(input));
    if (input.values.json) io.out(JSON.stringify(waiting));
    else if (waiting.length === 0) io.out("Nothing waits for an answer.");
    else
      for (const one of waiting)
        io.out(
          `${one.action_id}  ${one.code}  ${one.summary}  by ${one.proposer}, ${secondsLeft(one, status)} s left`,
        );
    return EXIT.ok;
  },
});

export const approvalsShowCommand = command({
  words: ["approvals", "show"],
  summary: "one waiting action: what it would do, why it is blocked, what an answer binds",
  takes: "<action>",
  example: "cellgate approvals show pick-17",
  options: { data, as, url, json },
  async run(input, io) {
    const { status, waiting } = await readWaiting(connectToNode(input));
    const one = find(waiting, input.positionals[0]);
    const open = status.gate.open.find((o) => o.action_id === one.action_id);
    if (input.values.json) io.out(JSON.stringify({ ...one, open }));
    else {
      io.out(`${one.action_id}: ${one.summary}`);
      io.out(`  proposed by     ${one.proposer}`);
      io.out(
        `  blocked for     ${one.code}${open === undefined || open.reason === "" ? "" : `, ${open.reason}`}`,
      );
      io.out(`  confidence      ${open?.confidence?.toFixed(4) ?? "none"}`);
      io.out(`  arguments       ${one.args_hash.slice(0, 32)}…`);
      io.out(`  configuration   ${status.config_hash.slice(0, 32)}…`);
      io.out(`  risk head       ${one.model_hash.slice(0, 32)}`);
      io.out(`  time left       ${secondsLeft(one, status)} s, then the answer is no`);
      io.out(`  → every number: cellgate explain ${one.action_id}`);
      io.out(`  → the answer: cellgate approvals approve (or deny) ${one.action_id} --because "…"`);
    }
    return EXIT.ok;
  },
});

const answerOptions = {
  ...controlOptions,
  key: optional(kinds.file, "file with your Ed25519 private key (PEM), where approvals are signed"),
} as const;

export const approvalsApproveCommand = command({
  words: ["approvals", "approve"],
  summary: "let a blocked action run once, watched, after it was checked again",
  takes: "<action>",
  example: 'cellgate approvals approve pick-17 --because "looked into the cell, nobody there"',
  options: answerOptions,
  run: (input, io) => answer(true, input, io),
});

export const approvalsDenyCommand = command({
  words: ["approvals", "deny"],
  summary: "say no to a blocked action for good",
  takes: "<action>",
  example: 'cellgate approvals deny pick-17 --because "wrong part"',
  options: answerOptions,
  run: (input, io) => answer(false, input, io),
});

export const APPROVALS_COMMANDS: readonly Command[] = [
  approvalsListCommand,
  approvalsShowCommand,
  approvalsApproveCommand,
  approvalsDenyCommand,
];

/** What the person saw is what the answer binds: hashes come from the list, not from the person. */
async function answer(granted: boolean, input: CommandInput<typeof answerOptions>, io: Io): Promise<number> {
  const reason = input.values.because ?? "";
  if (granted && reason.trim() === "")
    throw new UserError(
      "an approval needs a reason",
      'say why: --because "…"; it stands in the receipt and never reaches the proposer',
    );
  const node = connectToNode(input);
  const { status, waiting } = await readWaiting(node);
  const one = find(waiting, input.positionals[0]);
  const body = {
    request_id: randomUUID(),
    reason,
    granted,
    args_hash: one.args_hash,
    config_hash: status.config_hash,
    model_hash: one.model_hash,
  };
  const keyFile = input.values.key;
  const signed =
    keyFile === undefined
      ? body
      : {
          ...body,
          signature: signatureOf(
            keyFile,
            signedApprovalText(status.cell, node.operator, one.action_id, body),
            io,
          ),
        };
  const said = await node.post(`/v1/approvals/${encodeURIComponent(one.action_id)}`, signed);
  return sayOutcome(
    said,
    granted
      ? `Approved ${one.action_id}; it is checked again and then runs watched.`
      : `Denied ${one.action_id}.`,
    input,
    io,
  );
}

function signatureOf(file: string, text: string, io: Io): string {
  try {
    return sign(
      null,
      utf8Bytes(text),
      createPrivateKey(readFileSync(resolve(io.cwd, file), "utf8")),
    ).toString("hex");
  } catch (cause) {
    throw new UserError(
      `${file} cannot sign: ${troubleWith(cause)}`,
      "it must hold an Ed25519 private key as PEM",
    );
  }
}

async function readWaiting(node: NodeClient): Promise<{ status: NodeStatus; waiting: readonly Waiting[] }> {
  const answer = await node.get("/v1/status");
  if (answer.status !== 200)
    throw new UserError(
      `the node does not tell its status: ${answer.status}`,
      "check the token and the data folder",
      EXIT.failed,
    );
  const status = answer.body as unknown as NodeStatus;
  return { status, waiting: status.gate.approvals };
}

function find(waiting: readonly Waiting[], id: string | undefined): Waiting {
  if (id === undefined) throw new UserError("name the action", "`cellgate approvals list` shows what waits");
  const one = waiting.find((w) => w.action_id === id);
  if (one === undefined)
    throw new UserError(
      `no action "${id}" waits for an answer`,
      "`cellgate approvals list` shows what waits; unanswered ones expire",
      EXIT.found,
    );
  return one;
}

/** On the node's own clock: a simulated node lives in another year. */
const secondsLeft = (one: Waiting, status: NodeStatus): number =>
  Math.max(0, Math.round((one.expires_at - status.at) / 1e6));
