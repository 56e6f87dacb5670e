/** Exit codes; documented in `cellgate help` and src/README.md. */
export const EXIT = {
  ok: 0,
  /** a check ran and found something: verify, audit, --fail-on, refused promotion */
  found: 1,
  /** wrong use: options, configuration, missing file */
  usage: 2,
  /** the node could not do its work: port taken, ledger damaged, part missing */
  failed: 3,
  /** the ledger agrees with itself, but nothing that was kept elsewhere was compared with it */
  unanchored: 4,
  /** interrupted by a signal after an orderly stop */
  interrupted: 130,
} as const;

/** A mistake that the person at the terminal can mend: what, where and what to do. Printed without a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly exitCode: number;
  constructor(what: string, remedy: string, exitCode: number = EXIT.usage) {
    super(remedy === "" ? what : `${what}\n  → ${remedy}`);
    this.exitCode = exitCode;
  }
}
