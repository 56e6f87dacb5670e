import type { Code } from "../../core/domain/index.ts";

/** A code is told when it begins, when its words change and when it ends, and not in between. */
export class HealthBoard {
  readonly #active = new Map<Code, string>();
  readonly #happened = new Map<Code, string>();
  readonly #tell: (code: Code, active: boolean, detail: string) => void;

  constructor(tell: (code: Code, active: boolean, detail: string) => void) {
    this.#tell = tell;
  }

  has(code: Code): boolean {
    return this.#active.has(code);
  }

  /** Something that was found and is over: told once for the same words, and its latch is for a person to clear. */
  happened(code: Code, detail: string): void {
    if (this.#happened.get(code) === detail) return;
    this.#happened.set(code, detail);
    this.#tell(code, true, detail);
    this.#tell(code, false, detail);
  }

  set(code: Code, active: boolean, detail: string): void {
    const before = this.#active.get(code);
    if (active ? before === detail : before === undefined) return;
    if (active) this.#active.set(code, detail);
    else this.#active.delete(code);
    this.#tell(code, active, detail);
  }
}

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
