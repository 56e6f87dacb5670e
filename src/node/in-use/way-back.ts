import type { Code, Micros, Receipt } from "../../core/domain/index.ts";
import type { CandidateKind, Trigger } from "../../core/promotion/index.ts";
import type { Note } from "./store.ts";

export interface WayBackSetting {
  readonly kind: CandidateKind;
  readonly from: string;
  readonly to: string;
  readonly cell: string;
  readonly configHash: string;
  readonly boot: number;
  wall(t: Micros): number;
  /** on the tape, so that a replay changes over at the same tick */
  health(code: Code, detail: string): void;
  append(receipt: Receipt): boolean;
  /** runs it once the present step is over */
  soon(act: () => void): void;
  /** takes the last good artefact back into use on the disk; words when that failed */
  rollback(note: Note): Promise<string | null>;
  /** what cannot change over in a running cell is loaded by a new start, blocked; absent: it can */
  restart?(why: string): void;
}
export interface WayBack {
  readonly trigger: Trigger | null;
  /** null: nothing speaks against what is in use. The first reason stays */
  decide(why: Trigger | null, t: Micros): void;
  /** resolves when the disk holds what was decided */
  written(): Promise<void>;
}

/** Goes back to the last good artefact, once: a word, a receipt, the store, and if need be a new start. */
export function createWayBack(
  setting: WayBackSetting,
  figures: () => Readonly<Record<string, number>>,
): WayBack {
  const { kind, boot } = setting;
  let trigger: Trigger | null = null;
  let acted: Promise<void> | null = null;
  const act = async ({ code, detail }: Trigger, t: Micros): Promise<void> => {
    setting.health(code, detail);
    setting.append({
      receipt_id: kind === "head" ? `rollback-${boot}` : `rollback-${boot}-${kind}`,
      at: setting.wall(t),
      cell: setting.cell,
      config_hash: setting.configHash,
      body: {
        receipt_type: "rollback",
        from: setting.from,
        to: setting.to,
        code,
        reason: detail,
        terms: { by: "cell", when: "running", kind, ...figures() },
      },
    });
    const failed = await setting.rollback({ code, detail, by: "cell", at: setting.wall(t) });
    if (failed !== null) setting.health("ARTEFACT_NONE_GOOD", failed);
    else setting.restart?.(`${kind} went back: ${detail}`);
  };
  return {
    get trigger() {
      return trigger;
    },
    decide(why, t) {
      if (why === null || trigger !== null) return;
      trigger = why;
      setting.soon(() => {
        acted ??= act(why, t);
      });
    },
    written: () => acted ?? Promise.resolve(),
  };
}
