import { cut } from "../core/base/text.ts";
import type { Composition } from "./compose.ts";

/** longest that a failed process lives on to bring its last receipt and stop out */
const LAST_WORD_MS = 1_000;

/**
 * What nobody caught ends the process, because nobody knows what it has broken; but first every actuator is
 * told to stop, the fault is latched, and receipt, tape and wires have a bounded time to take it.
 */
export function speakLast(
  { node, ledger, tape }: Composition,
  say: (line: string) => void,
  exit: (code: number) => void = (code) => process.exit(code),
): () => void {
  let speaking = false;
  const attempt = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      say(`  and then: ${wordsOf(error)}`);
    }
  };
  const last = (error: unknown): void => {
    if (speaking) return;
    speaking = true;
    const detail = cut(wordsOf(error), 1_000);
    attempt(() => node.door.stopAll(detail));
    attempt(() => node.door.failed(detail));
    attempt(() => say(`NODE_FAULT: the program failed and ends: ${detail}`));
    // the event loop goes on meanwhile: blocks are repeated, and wires send what they hold
    const late = new Promise((resolve) => setTimeout(resolve, LAST_WORD_MS));
    const written = Promise.allSettled([ledger.flush(), node.door.whenLatched(), tape.close()]);
    void Promise.race([written.then(() => new Promise((resolve) => setTimeout(resolve, 100))), late]).then(
      () => exit(LAST_WORD_CODE),
    );
  };
  process.on("uncaughtException", last);
  process.on("unhandledRejection", last);
  return () => {
    process.off("uncaughtException", last);
    process.off("unhandledRejection", last);
  };
}
/** the node could not do its work */
const LAST_WORD_CODE = 3;

const wordsOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
