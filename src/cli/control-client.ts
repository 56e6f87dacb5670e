import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { z } from "zod";
import { ADDRESS_FILE, tokenFile } from "../edge/http/control/index.ts";
import { inertData } from "../core/base/inert.ts";
import { troubleWith } from "../core/base/trouble-with.ts";
import { EXIT, type Io, UserError } from "./command.ts";
import { flag, kinds, optional, type Values, withDefault } from "./options/index.ts";

/** Options of every command that talks to a running node. */
export const controlOptions = {
  data: withDefault(
    kinds.nodeFolder,
    "data",
    "the node's data folder, with its address and the operator's token",
  ),
  as: optional(
    kinds.person,
    "operator in whose name to act (default: the only one there; of several the only person, or the only program for propose)",
  ),
  url: optional(kinds.url, "address of the node (default: as the node wrote it into its data folder)"),
  because: optional(kinds.because, "why; stands in the receipt", { former: "reason" }),
  json: flag("the node's answer as JSON"),
} as const;

export interface NodeAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}
/** The running node as a command sees it. */
export interface NodeClient {
  readonly operator: string;
  /** where the operator's token lies */
  readonly folder: string;
  get(path: string): Promise<NodeAnswer>;
  post(path: string, body: object): Promise<NodeAnswer>;
  /** without the members that every act of an operator carries */
  postAsIs(path: string, body: unknown): Promise<NodeAnswer>;
  /** hears the node's events until closed; resolves when the node has begun to tell them */
  follow(heard: (event: string, data: unknown) => void): Promise<{ close(): void }>;
}

const ANSWER_TIMEOUT_MS = 5_000;

/** Input of a command that talks to a running node; reading commands need no reason. */
export interface ControlInput {
  readonly values: Omit<Values<typeof controlOptions>, "because"> & { readonly because?: string | undefined };
}

/** Who acts when nobody is named: a person has roles, a program that proposes has none. */
type Acting = "person" | "program";

export function connectToNode(input: ControlInput, acting: Acting = "person"): NodeClient {
  const { data: dataDir, url, because = "" } = input.values;
  const operator = input.values.as ?? onlyOperator(dataDir, acting, url !== undefined);
  const token = readToken(dataDir, operator);
  const address = url ?? readAddress(dataDir);
  // what the node tells holds words of strangers: shown to a person they must not act, a program reads them as they are
  const forProgram = input.values["json"] === true;
  const ask = async (method: string, path: string, body?: unknown): Promise<NodeAnswer> => {
    const answer = await send(address, token, method, path, body);
    return forProgram ? answer : inertData(answer);
  };
  return {
    operator,
    folder: join(dataDir, "operators"),
    get: (path) => ask("GET", path),
    post: (path, body) => ask("POST", path, { request_id: randomUUID(), reason: because, ...body }),
    postAsIs: (path, body) => ask("POST", path, body),
    follow: (heard) =>
      followEvents(address, token, forProgram ? heard : (event, data) => heard(event, inertData(data))),
  };
}

/** Says what became of an act, in words or as JSON; 0 when the node accepted it. */
export function sayOutcome(answer: NodeAnswer, accepted: string, input: ControlInput, io: Io): number {
  const { body, status } = answer;
  const done = status === 200 && body["accepted"] === true;
  if (input.values.json) io.out(JSON.stringify(body));
  else if (done) io.out(accepted);
  else {
    const detail = body["detail"];
    const more = typeof detail === "string" && detail !== "" ? ` (${detail})` : "";
    io.err(`${String(body["title"] ?? `refused with status ${status}`)}${more}`);
    if (body["remedy"] !== undefined) io.err(`  → ${String(body["remedy"])}`);
  }
  return done ? EXIT.ok : status === 401 || status >= 500 ? EXIT.failed : EXIT.found;
}

function onlyOperator(dataDir: string, acting: Acting, elsewhere: boolean): string {
  const folder = join(dataDir, "operators");
  const names = existsSync(folder)
    ? readdirSync(folder).flatMap((f) => (f.endsWith(".token") ? [f.slice(0, -6)] : []))
    : [];
  if (names.length === 0)
    throw new UserError(`no token in ${folder}`, "is this the node's data folder? give it with --data DIR");
  const [first] = names;
  if (names.length === 1) return first!;
  // who is a person and who a program stands in the running node's address
  const known = readAddressFile(dataDir)?.operators ?? (elsewhere ? [] : nobodyThere(dataDir));
  const fitting = known.filter(
    ({ name, roles }) => names.includes(name) && roles.length > 0 === (acting === "person"),
  );
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only.name;
  throw new UserError(
    "several operators have a token here",
    `say who acts: --as ${names.sort().join(" or --as ")}`,
  );
}

function readToken(dataDir: string, operator: string): string {
  try {
    return readFileSync(tokenFile(dataDir, operator), "utf8").trim();
  } catch (cause) {
    throw new UserError(
      `the token of ${operator} in ${dataDir} cannot be read: ${troubleWith(cause)}`,
      "give the node's data folder with --data DIR and the operator with --as NAME",
    );
  }
}

const addressSchema = z.object({
  url: z.string(),
  operators: z.array(z.object({ name: z.string(), roles: z.array(z.string()) })).default([]),
});
/** null: no node wrote one, or not this one's way */
function readAddressFile(dataDir: string): z.infer<typeof addressSchema> | null {
  try {
    return addressSchema.parse(JSON.parse(readFileSync(join(dataDir, ADDRESS_FILE), "utf8")));
  } catch {
    return null;
  }
}
const readAddress = (dataDir: string): string => readAddressFile(dataDir)?.url ?? nobodyThere(dataDir);
function nobodyThere(dataDir: string): never {
  throw new UserError(
    `no node is running on ${dataDir}: it would have its address in ${ADDRESS_FILE} there`,
    "start it, give its folder with --data DIR, or its address with --url http://127.0.0.1:8787",
  );
}

function send(url: string, token: string, method: string, path: string, body?: unknown): Promise<NodeAnswer> {
  const target = new URL(path, url);
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  };
  return new Promise((done, fail) => {
    const failed = (why: string): void =>
      fail(
        new UserError(
          `the node does not answer at ${target.origin}: ${why}`,
          "is it running? its data folder is given with --data DIR",
          EXIT.failed,
        ),
      );
    const sent = request(target, { method, headers, timeout: ANSWER_TIMEOUT_MS }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", (cause) => failed(cause.message));
      response.on("end", () => {
        try {
          done({
            status: response.statusCode ?? 0,
            body: JSON.parse(Buffer.concat(parts).toString("utf8")) as NodeAnswer["body"],
          });
        } catch {
          failed("its answer is not JSON");
        }
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1_000} s`)));
    sent.on("error", (cause: NodeJS.ErrnoException) => failed(cause.code ?? cause.message));
    sent.end(text);
  });
}

/** Server-sent events: `event:` and `data:` lines, an empty line after each event. */
function followEvents(
  url: string,
  token: string,
  heard: (event: string, data: unknown) => void,
): Promise<{ close(): void }> {
  return new Promise((done, fail) => {
    const asked = request(
      new URL("/v1/events", url),
      { headers: { authorization: `Bearer ${token}` } },
      (response) => {
        if (response.statusCode !== 200)
          return fail(
            new UserError(
              `the node does not tell its events: status ${response.statusCode}`,
              "try again without --wait",
              EXIT.failed,
            ),
          );
        let rest = "";
        response.setEncoding("utf8").on("data", (text: string) => {
          const parts = (rest + text).split("\n\n");
          rest = parts.pop()!;
          for (const part of parts) {
            const event = /^event: (.*)$/m.exec(part)?.[1];
            const data = /^data: (.*)$/m.exec(part)?.[1];
            if (event !== undefined && data !== undefined) heard(event, JSON.parse(data));
          }
        });
        response.on("error", () => {});
        done({ close: () => asked.destroy() });
      },
    );
    asked.on("error", (cause: NodeJS.ErrnoException) =>
      fail(
        new UserError(
          `the node does not answer: ${cause.code ?? cause.message}`,
          "is it running?",
          EXIT.failed,
        ),
      ),
    );
    asked.end();
  });
}
