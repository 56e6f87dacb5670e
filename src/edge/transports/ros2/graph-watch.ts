import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { err, ok, type Result } from "../../../core/base/result.ts";
import { type RosEnvironment, rosEnvironment } from "./environment.ts";
import type { GraphAnswer, GraphQuestion } from "./graph-process.ts";

export interface RosGraph extends GraphAnswer {
  readonly environment: RosEnvironment;
}
/** importing the binding and joining the graph, on a slow machine */
const START_LIMIT_MS = 30_000;
const WORDS_KEPT = 2_000;

/**
 * Who talks to whom by ROS's own graph: nodes by their names, also several of one process. In a process of
 * its own, because the binding takes signals for itself, and a fault in the middleware ends whoever asks.
 */
export async function watchRosGraph(
  settings: { readonly domainId?: number | undefined; readonly library?: string | undefined },
  seconds: number,
): Promise<Result<RosGraph, string>> {
  const environment = rosEnvironment(process.env, settings.library);
  if (!environment.ok) return err(`${environment.error.code}: ${environment.error.detail}`);
  const { binding } = environment.value;
  const answer = await ask({ binding, domainId: settings.domainId ?? null, seconds });
  return answer.ok ? ok({ ...answer.value, environment: environment.value }) : answer;
}

function ask(question: GraphQuestion): Promise<Result<GraphAnswer, string>> {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const file = fileURLToPath(new URL(`./graph-process${extension}`, import.meta.url));
  const child = fork(file, [], { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let words = "";
  child.stderr?.on("data", (data: Buffer) => {
    words = (words + data.toString()).slice(-WORDS_KEPT);
  });
  const limitMs = START_LIMIT_MS + question.seconds * 1_000;
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      resolve(err(`no answer within ${limitMs / 1_000} s`));
    }, limitMs);
    child.once("message", (answer: GraphAnswer) => resolve(ok(answer)));
    child.once("error", (cause) => resolve(err(cause.message)));
    // behind an answer this changes nothing
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const last = words.trim().split("\n").at(-1) ?? "";
      resolve(err(`the process that looks ended with ${signal ?? code}: ${last}`));
    });
    child.send(question);
  });
}
