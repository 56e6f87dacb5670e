import { readFileSync } from "node:fs";

const PORT = (7_447).toString(16).toUpperCase().padStart(4, "0");
const LISTENING = "0A";

/** A program of this machine listens where Zenoh routers do: whoever speaks through it is not on DDS. */
export const zenohRouterHere = (): boolean => ["/proc/net/tcp", "/proc/net/tcp6"].some(listensIn);

function listensIn(table: string): boolean {
  try {
    return hasListener(readFileSync(table, "utf8"));
  } catch {
    return false;
  }
}
/** `text`: a table of sockets as the kernel gives it */
export const hasListener = (text: string): boolean =>
  text.split("\n").some((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return local?.endsWith(`:${PORT}`) === true && state === LISTENING;
  });
