/** Our own mistakes. A failed assertion ends the process: the heartbeat stops and the robot with it. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** For the branch that cannot be reached: the compiler proves it, the run time insists. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable value ${String(value)}`);
}
