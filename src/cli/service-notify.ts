/** What systemd is told: ready, still alive, ending. */
export interface ServiceNotify {
  readonly watchdogMs: number | null;
  say(words: string): boolean;
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** sun_path of the kernel */
const MAX_PATH_BYTES = 107;
const FAMILY_BYTES = 2;

/**
 * The service manager's own protocol: a datagram to the socket it names. Node has no such datagrams and
 * starting a program for each word would stop the event loop for milliseconds, so the C library sends it:
 * a call of microseconds that never waits. Null when no service manager listens.
 */
export async function openServiceNotify(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ServiceNotify | null> {
  const path = env["NOTIFY_SOCKET"];
  if (path === undefined || path === "" || process.platform !== "linux") return null;
  const address = socketAddress(path);
  if (address === null) return null;
  const koffi = (await import("koffi")).default;
  const libc = koffi.load(null);
  const socket = libc.func("int socket(int domain, int type, int protocol)");
  const sendto = libc.func(
    "intptr_t sendto(int fd, void *data, size_t bytes, int flags, void *address, uint32_t length)",
  );
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) as number;
  if (fd < 0) return null;
  return {
    watchdogMs: watchdogMs(env),
    say(words) {
      const data = new TextEncoder().encode(words);
      return (
        Number(sendto(fd, data, data.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length)) ===
        data.length
      );
    },
  };
}

/** A leading @ stands for the zero byte of an abstract name. */
function socketAddress(path: string): Uint8Array | null {
  const name = new TextEncoder().encode(path);
  if (name.length > MAX_PATH_BYTES || (path[0] !== "/" && path[0] !== "@")) return null;
  const address = new Uint8Array(FAMILY_BYTES + name.length + (path[0] === "/" ? 1 : 0));
  new DataView(address.buffer).setUint16(0, AF_UNIX, new Uint8Array(new Uint16Array([1]).buffer)[0] === 1);
  address.set(name, FAMILY_BYTES);
  if (path[0] === "@") address[FAMILY_BYTES] = 0;
  return address;
}
/** Half of what the manager allows, and only if it means this process. */
function watchdogMs(env: Readonly<Record<string, string | undefined>>): number | null {
  const micros = Number(env["WATCHDOG_USEC"]);
  const pid = env["WATCHDOG_PID"];
  if (!Number.isInteger(micros) || micros <= 0 || (pid !== undefined && Number(pid) !== process.pid))
    return null;
  return Math.max(1, Math.floor(micros / 2_000));
}

/** Says ready, then alive for as long as the event loop turns. The returned function says that it ends. */
export async function startServiceNotify(
  env: Readonly<Record<string, string | undefined>>,
): Promise<() => void> {
  const notify = await openServiceNotify(env);
  if (notify === null) return () => undefined;
  notify.say("READY=1\nSTATUS=watching");
  const timer =
    notify.watchdogMs === null ? null : setInterval(() => notify.say("WATCHDOG=1"), notify.watchdogMs);
  timer?.unref();
  return () => {
    if (timer !== null) clearInterval(timer);
    notify.say("STOPPING=1");
  };
}
