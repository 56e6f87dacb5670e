/** A part that people need and the cell does not. */
export interface OptionalPart {
  /** settles with words when the part has ended by itself */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}
export interface KeptOpen<T> {
  /** null: not there at the moment */
  readonly current: T | null;
  /** settles when the first attempt has an end, whatever it is */
  readonly tried: Promise<void>;
  close(): Promise<void>;
}

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

/**
 * Opens an optional part, and begins it again whenever it cannot be opened or has ended: after a second, then after twice as
 * long each time, at most a minute. `told` hears why it is not there, and null when it is.
 */
export function keepOpen<T extends OptionalPart>(
  open: () => Promise<T>,
  told: (why: string | null) => void,
  firstDelayMs = FIRST_DELAY_MS,
): KeptOpen<T> {
  let current: T | null = null;
  let closed = false;
  let delayMs = firstDelayMs;
  let timer: NodeJS.Timeout | null = null;
  let isDown = false;

  const down = (why: string): void => {
    current = null;
    if (closed) return;
    if (!isDown) told(why);
    isDown = true;
    timer = setTimeout(() => void (trying = attempt()), delayMs);
    timer.unref();
    delayMs = Math.min(LONGEST_DELAY_MS, 2 * delayMs);
  };
  const attempt = async (): Promise<void> => {
    let part: T;
    try {
      part = await open();
    } catch (cause) {
      return down(cause instanceof Error ? cause.message : String(cause));
    }
    if (closed) return await part.close();
    current = part;
    if (isDown) told(null);
    isDown = false;
    void part.ended.then((why) => {
      if (current === part) down(why);
    });
  };
  let trying = attempt();
  return {
    get current() {
      return current;
    },
    tried: trying,
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await trying;
      const part = current;
      current = null;
      await part?.close();
    },
  };
}
