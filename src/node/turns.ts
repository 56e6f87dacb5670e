/** words that come in the middle of a step wait for its end; of more than this the newest are dropped and counted */
export const MAX_WAITING_WORDS = 1_024;

/**
 * One event at a time. A part that is handed an effect may have something to say at once: a full disk, a lost
 * wire. Its word waits until the step that is under way is done, whoever calls and from wherever, so that no
 * part has to know when it may speak.
 */
export interface Turns {
  /** a step is under way */
  readonly busy: boolean;
  /** begins a step; whoever began it ends it with `leave` */
  enter(): void;
  /** ends the step and lets those in that waited */
  leave(): void;
  /** for a caller in the middle of a step */
  wait(act: () => void): void;
  /** runs now, or after the step that is under way */
  run(act: () => void): void;
}

export function createTurns(onOverflow: (dropped: number) => void): Turns {
  const waiting: (() => void)[] = [];
  let busy = false;
  let dropped = 0;

  const settle = (): void => {
    // bounded: what words cause among each other goes on at the next event, and that one is a tick away
    for (let n = 0; n < MAX_WAITING_WORDS && waiting.length > 0; n++) waiting.shift()!();
    if (dropped === 0) return;
    const lost = dropped;
    dropped = 0;
    onOverflow(lost);
  };
  const turns: Turns = {
    get busy() {
      return busy;
    },
    enter() {
      busy = true;
    },
    leave() {
      try {
        if (waiting.length > 0 || dropped > 0) settle();
      } finally {
        busy = false;
      }
    },
    wait(act) {
      if (waiting.length < MAX_WAITING_WORDS) waiting.push(act);
      else dropped++;
    },
    run(act) {
      if (busy) return turns.wait(act);
      busy = true;
      try {
        act();
      } finally {
        turns.leave();
      }
    },
  };
  return turns;
}
