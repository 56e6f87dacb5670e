import { Socket } from "node:net";
import { ok, type Result } from "../../../core/base/result.ts";
import type { Pointer } from "./library.ts";
import { LINE_BUFFERED, openPipe } from "./wake-pipe.ts";

/** What Cyclone wrote about a message it could not read. */
export interface UnreadableMessage {
  readonly domain: number;
  readonly ddsTopic: string;
}
type LogListener = (line: string, unreadable: UnreadableMessage | null) => void;

/** A line longer than this is cut; nothing is kept without an end. */
const MAX_LINE = 8_192;
const UNREADABLE = /\[(\d+)\][^:]*: data\(.*deserialization (\S+)\/[\w:]+ failed/;

export function parseLogLine(line: string): UnreadableMessage | null {
  const match = UNREADABLE.exec(line);
  return match === null ? null : { domain: Number(match[1]), ddsTopic: match[2]! };
}

/**
 * Cyclone drops what it cannot read and tells nobody but its log, which a hostile peer could flood. The log
 * is led into a pipe that is read here and loses lines when it is full: damaged messages become faults of
 * their channel, and the terminal stays readable.
 */
export class LogPipe {
  /** a FILE that lives as long as the process: a domain may write to it while it ends */
  readonly file: Pointer;
  readonly #listeners = new Set<LogListener>();

  constructor(file: Pointer, fd: number) {
    this.file = file;
    this.#read(fd);
  }
  listen(listener: LogListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  #read(fd: number): void {
    let rest = "";
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = (lines.pop() ?? "").slice(0, MAX_LINE);
      for (const line of lines) for (const listener of this.#listeners) listener(line, parseLogLine(line));
    });
    socket.on("error", () => undefined);
    socket.unref();
  }
}

let opened: LogPipe | null = null;
/** One per process. */
export async function openLogPipe(): Promise<Result<LogPipe, string>> {
  if (opened !== null) return ok(opened);
  const pipe = await openPipe(LINE_BUFFERED);
  if (!pipe.ok) return pipe;
  opened = new LogPipe(pipe.value.file, pipe.value.readFd);
  return ok(opened);
}
