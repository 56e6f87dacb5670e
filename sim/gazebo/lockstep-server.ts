import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { err, ok, type Result } from "../../src/core/base/result.ts";
import { COMMAND_WIDTH, FRAME_WIDTH } from "../../src/core/physics/index.ts";
import { type GazeboPrefix, serverCommand, serverEnvironment } from "./prefix.ts";

/** A running server and the bytes to and from its plugin. Errors are thrown: the run that waits is lost. */
export interface LockstepServer {
  readonly pid: number;
  send(...parts: readonly Uint8Array[]): void;
  /** exactly `size` bytes; valid until the next call */
  receive(size: number): Promise<Buffer> | Buffer;
  close(): Promise<void>;
}
/** A server that has not spoken by then never will: a plugin that does not load leaves it spinning. */
export const START_TIMEOUT_MS = 30_000;
/** Longest silence while an answer is due. */
export const ANSWER_TIMEOUT_MS = 20_000;
const PROTOCOL = 1;
const PORT_FIRST = 21_345;
const PORTS = 20_000;

export async function startLockstep(
  prefix: GazeboPrefix,
  world: string,
  folder: string,
): Promise<Result<LockstepServer, string>> {
  const path = join(folder, "lockstep.sock");
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(path, resolve));
  const { file, args } = serverCommand(prefix, world);
  // two servers need two ports; the process id makes them differ without asking anybody
  const port = PORT_FIRST + ((process.pid * 7 + portsTaken++ * 101) % PORTS);
  const child = spawn(file, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...serverEnvironment(prefix, home, port), CELLGATE_LOCKSTEP_SOCKET: path },
  });
  const words = lastWords(child);
  const socket = await firstOf(listener, child);
  listener.close();
  if (typeof socket === "string") {
    await end(child);
    return err(`Gazebo did not start: ${socket}; ${words()}`);
  }
  const server = new Connection(child, socket, words);
  const hello = await server.receive(16);
  const [, protocol, commands, frames] = [0, 4, 8, 12].map((at) => hello.readUInt32LE(at));
  if (protocol === PROTOCOL && commands === COMMAND_WIDTH && frames === FRAME_WIDTH) return ok(server);
  await server.close();
  return err(
    `the lockstep plugin speaks version ${protocol} (${commands}/${frames}), expected ${PROTOCOL} (${COMMAND_WIDTH}/${FRAME_WIDTH}); run: cellgate sim obtain gazebo`,
  );
}
let portsTaken = 0;

/** The plugin's connection, or the words why there is none. */
function firstOf(listener: Server, child: ChildProcess): Promise<Socket | string> {
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => resolve(`no word from its plugin within ${START_TIMEOUT_MS / 1000} s`),
      START_TIMEOUT_MS,
    );
    const settle = (value: Socket | string): void => {
      clearTimeout(timer);
      resolve(value);
    };
    listener.once("connection", settle);
    child.once("error", (cause) => settle(cause.message));
    child.once("exit", (code, signal) => settle(`it ended with ${code ?? signal}`));
  });
}

function lastWords(child: ChildProcess): () => string {
  let words = "";
  const keep = (chunk: Buffer): void => {
    words = (words + chunk.toString()).slice(-4_000);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  const telling = (line: string): boolean =>
    /err|cellgate|cannot|fail|segm/i.test(line) && !/alsa|display|render/i.test(line);
  return () => words.split("\n").filter(telling).slice(-3).join(" | ") || "it left no words";
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGKILL");
  await gone;
}

class Connection implements LockstepServer {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #words: () => string;
  #held: Buffer[] = [];
  #size = 0;
  #at = 0;
  #failed: string | null = null;
  #wanted = 0;
  #wake: (() => void) | null = null;

  constructor(child: ChildProcess, socket: Socket, words: () => string) {
    this.pid = child.pid ?? -1;
    this.#child = child;
    this.#socket = socket;
    this.#words = words;
    socket.on("data", (chunk: Buffer) => {
      this.#held.push(chunk);
      this.#size += chunk.length;
      if (this.#size >= this.#wanted) this.#wake?.();
    });
    socket.on("error", (cause) => this.#fail(cause.message));
    socket.on("close", () => this.#fail("its socket closed"));
    child.once("exit", (code, signal) => this.#fail(`it ended with ${code ?? signal}`));
  }

  send(...parts: readonly Uint8Array[]): void {
    this.#check();
    for (const part of parts) this.#socket.write(part);
  }

  receive(size: number): Promise<Buffer> | Buffer {
    return this.#size >= size ? this.#take(size) : this.#wait(size);
  }

  async #wait(size: number): Promise<Buffer> {
    this.#check();
    this.#wanted = size;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(
        () => this.#fail(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`),
        ANSWER_TIMEOUT_MS,
      );
    });
    clearTimeout(timer);
    this.#wake = null;
    if (this.#size < size) this.#check();
    return this.#take(size);
  }

  #take(size: number): Buffer {
    const first = this.#held[0]!;
    if (first.length - this.#at < size) {
      this.#held = [Buffer.concat([first.subarray(this.#at), ...this.#held.slice(1)])];
      this.#at = 0;
    }
    const out = this.#held[0]!.subarray(this.#at, this.#at + size);
    this.#at += size;
    this.#size -= size;
    if (this.#at === this.#held[0]!.length) {
      this.#held.shift();
      this.#at = 0;
    }
    return out;
  }

  #fail(why: string): void {
    this.#failed ??= why;
    this.#wake?.();
  }
  #check(): void {
    if (this.#failed !== null) throw new Error(`Gazebo is gone: ${this.#failed}; ${this.#words()}`);
  }

  async close(): Promise<void> {
    this.#failed ??= "closed";
    this.#socket.destroy();
    await end(this.#child);
  }
}
