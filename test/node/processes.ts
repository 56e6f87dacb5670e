import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");
export const MAIN = resolve(ROOT, "src/main.ts");

export interface Line {
  kind: string;
  state?: string;
  t_us?: number;
  receipt?: { receipt_id: string; body: Record<string, unknown> & { receipt_type: string } };
  why?: { code: string };
  causes?: { code: string; latched: boolean }[];
  digest?: string;
  boot?: number;
}

/** A real node process, seen through its JSON lines. */
export class NodeProcess {
  readonly child: ChildProcess;
  readonly lines: Line[] = [];
  stderr = "";
  #rest = "";
  #waiting: (() => void)[] = [];
  readonly ended: Promise<number | null>;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout!.on("data", (data: Buffer) => this.#take(data.toString()));
    this.child.stderr!.on("data", (data: Buffer) => void (this.stderr += data.toString()));
    this.ended = new Promise((done) =>
      this.child.on("close", (code) => {
        this.#wake();
        done(code);
      }),
    );
  }
  #take(text: string): void {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop()!;
    for (const part of parts) if (part.startsWith("{")) this.lines.push(JSON.parse(part) as Line);
    this.#wake();
  }
  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
  /** the first line that fits, waiting for it; an error when the process ends before */
  async line(fits: (line: Line) => boolean): Promise<Line> {
    for (let from = 0; ; ) {
      for (; from < this.lines.length; from++) if (fits(this.lines[from]!)) return this.lines[from]!;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`ended without the line; stderr: ${this.stderr}`);
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
  }
  changedTo(state: string): Promise<Line> {
    return this.line(
      (l) => l.receipt?.body["receipt_type"] === "state_change" && l.receipt.body["to"] === state,
    );
  }
  kill(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }
}
