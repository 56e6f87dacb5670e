import { Socket } from "node:net";
import { err, ok, type Result } from "../../../core/base/result.ts";
import type { Pointer } from "./library.ts";

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
export const LINE_BUFFERED = 1;
export const UNBUFFERED = 2;
const BUFFER_BYTES = 4_096;

/** A pipe whose writing end is a FILE of the C library. Neither end ever waits: a full pipe loses bytes. */
export interface NativePipe {
  readonly file: Pointer;
  /** `(int, FILE *)`: what a listener of Cyclone can call without any code of ours */
  readonly fputc: Pointer;
  readonly readFd: number;
  closeFile(): void;
}

export async function openPipe(
  buffering: typeof LINE_BUFFERED | typeof UNBUFFERED,
): Promise<Result<NativePipe, string>> {
  const koffi = (await import("koffi")).default;
  const libc = koffi.load(null);
  const pipe2 = libc.func("int pipe2(void *fds, int flags)");
  const fdopen = libc.func("void *fdopen(int fd, const char *mode)");
  const setvbuf = libc.func("int setvbuf(void *file, void *buffer, int mode, size_t bytes)");
  const fclose = libc.func("int fclose(void *file)");
  const ends = new Int32Array(2);
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) !== 0) return err("the system gives no pipe");
  const file = fdopen(ends[1]!, "w") as Pointer | null;
  if (file === null || file === 0n) return err("the system gives no stream");
  setvbuf(file, null, buffering, buffering === UNBUFFERED ? 0 : BUFFER_BYTES);
  return ok({
    file,
    fputc: libc.symbol("fputc") as Pointer,
    readFd: ends[0]!,
    closeFile: () => void fclose(file),
  });
}

/**
 * Wakes the event loop from Cyclone's threads: they write a byte, this side is called once for all bytes that
 * have come. The byte itself says nothing. No lock of Cyclone is ever held while code of ours runs.
 */
export class WakePipe {
  readonly pipe: NativePipe;
  #socket: Socket | null = null;

  constructor(pipe: NativePipe) {
    this.pipe = pipe;
  }
  /** `ended`: the pipe broke although nobody closed it */
  start(woken: () => void, ended: (detail: string) => void): void {
    const buffer = new Uint8Array(BUFFER_BYTES);
    const callback = (): boolean => {
      woken();
      return true;
    };
    const options = { fd: this.pipe.readFd, readable: true, writable: false, onread: { buffer, callback } };
    this.#socket = new Socket(options);
    this.#socket.on("error", (error) => ended(error.message));
    this.#socket.on("end", () => ended("the pipe has ended"));
    this.#socket.resume();
  }
  /** Only when nobody can write any more. */
  close(): void {
    this.#socket
      ?.removeAllListeners()
      .on("error", () => undefined)
      .destroy();
    this.pipe.closeFile();
  }
}
