import type { ActionId, Code, GateConfig, Micros, ReceiptBody, ReceiptId } from "../../domain/index.ts";
import type { ContextMemory, Refusal } from "../../gate/index.ts";
import type { ArmChain } from "../../robot/index.ts";
import type { HelperBudget } from "../../gate/watch/index.ts";
import type { PipelineHost } from "../host.ts";
import type { Lanes } from "./lanes.ts";
import type { OpenAction, Via } from "./open-action.ts";
import type { StageDesk } from "./stage-desk.ts";
import type { StopRules } from "./stop-rules.ts";

/** What the parts of the pipeline share. Every table in it is bounded. */
export interface Desk {
  readonly host: PipelineHost;
  readonly gate: GateConfig;
  readonly chain: ArmChain;
  readonly lanes: Lanes;
  readonly contexts: ContextMemory;
  readonly stage: StageDesk;
  readonly stopRules: StopRules;
  readonly helpers: HelperBudget;
  readonly actions: Map<ActionId, OpenAction>;
  /** receipts whose durability an action waits for */
  readonly awaited: Map<ReceiptId, OpenAction>;
  /** what helpers have offered, by its question, with the generation that proposing it makes; oldest first */
  readonly offered: Map<string, number>;
  /** ids seen in this run, oldest first */
  readonly seen: Map<string, true>;
  readonly counts: Record<string, number>;
  /** helpers whose findings are still awaited */
  readonly findings: Map<number, OpenAction>;
  /** next steps of an action; the parts know one another only through these */
  readonly flow: Flow;
  nextRequest: number;
  nextHelper: number;
  readonly now: () => Micros;
  heldLocks(): readonly string[];
  count(name: string): void;
  receipt(body: ReceiptBody): ReceiptId;
  answer(
    actionId: ActionId,
    via: Via,
    verdict: string,
    code: Code,
    reason: string,
    more?: Readonly<Record<string, unknown>>,
  ): void;
  /** takes the action off every table */
  close(action: OpenAction): void;
  /** in shadow: follows what the cell does while the action would have run */
  observe(action: OpenAction): void;
  /** smallest distance on the floor plan between the arm in this pose and a place */
  distanceTo(xM: number, yM: number, position: readonly number[]): number;
}

export interface Flow {
  askTrials(action: OpenAction, state: "trials" | "rechecking"): void;
  /** everything that was waited for is here: confidence and decision follow */
  goOn(action: OpenAction): void;
  askSandbox(action: OpenAction): void;
  conclude(action: OpenAction): void;
  concludeHard(action: OpenAction, why: Refusal): void;
  release(action: OpenAction): void;
  /** the next stretch of a stream takes the place of this one */
  replaced(action: OpenAction, by: OpenAction): void;
  beginPlan(action: OpenAction): void;
  /** ends an action in whatever state it is, as a stop of the cell would */
  voidAction(action: OpenAction, code: Code): void;
  withhold(action: OpenAction, code: Code, detail: string): void;
  /** makes room for a caller that has nothing open; false: there was none to make */
  giveWay(): boolean;
}
