/** Our own mistakes. A failed assertion ends the process: the heartbeat stops and the robot with it. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
