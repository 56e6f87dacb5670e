import type { CodeTable } from "./code.ts";
import { refusal } from "./refusal.ts";

/** Findings of the audit before scaling: one block per risk question. */
export const AUDIT_CODES = {
  AUDIT_SPAWN_CYCLE: refusal(
    "can start itself",
    "A chain of spawns leads back to its beginning and nothing on it counts generations.",
    "Give one part of the cycle a generation cap (MAX_GENERATIONS).",
  ),
  AUDIT_SPAWN_UNCAPPED: refusal(
    "starts without a cap",
    "A part starts others and states no limit on how many or how many generations deep.",
    "State a cap per run and a generation cap.",
  ),
  AUDIT_FEEDBACK_LOOP: refusal(
    "output becomes input",
    "What a part sends comes back to it over topics and other parts, and nothing on the way counts generations or limits the rate.",
    "Break the cycle, or give one part on it a rate limit or generation tracking.",
  ),
  AUDIT_FEEDBACK_GUARDED: refusal(
    "guarded feedback",
    "There is a cycle, and a guard on it: a control loop is meant to be one.",
    "Check that the guard named is really there.",
  ),
  AUDIT_UNBOUNDED: refusal(
    "no cap",
    "A queue, file, worker pool or memory can grow without a stated limit.",
    "State a size and what happens when it is full.",
  ),
  AUDIT_OVERCOMMITTED: refusal(
    "caps exceed the machine",
    "All caps together, at their worst, need more memory, disk or threads than the machine has.",
    "Lower the largest caps in the list or use a larger machine.",
  ),
  AUDIT_THRESHOLD_DRIFT: refusal(
    "action moves its own trigger",
    "An action changes a quantity that a trigger reads, and nothing looks again afterwards.",
    "Re-check the trigger after the action, and count how often it may fire.",
  ),
  AUDIT_TIME_BOMB: refusal(
    "grows with time",
    "Something grows with time or with the number of cells and is never removed.",
    "State how long it is kept, or a cap per cell.",
  ),
  AUDIT_EXPIRES: refusal(
    "fails at a date",
    "A counter, certificate or key runs out within the stated horizon.",
    "Renew or widen it before that date.",
  ),
  AUDIT_CHECK_OFF: refusal(
    "check switched off",
    "The deployment switches a check off; the reason stands beside it.",
    "Make sure that the reason still holds on every cell of the rollout.",
  ),
  AUDIT_BLIND_STAGE: refusal(
    "a stage proves nothing",
    "A stage asks for so little evidence that a bad candidate would pass it.",
    "Ask for more decisions, a longer dwell or more baseline cells.",
  ),
  AUDIT_INCOMPLETE: refusal(
    "graph incomplete",
    "The source does not say enough to answer a question: a missing answer is not a passed one.",
    "Add the missing statement to the file, or audit a richer source.",
  ),
} as const satisfies CodeTable;
