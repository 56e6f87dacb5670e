/** A whole topic name: levels that are not empty, no wildcard, no slash at either end, not the broker's own, no bare `~`. */
export const TOPIC = /^[^~/+#$\s\0][^/+#\0]*(\/[^/+#\0]+)*$/;
const OWN = "~/";

/** Topics of one cell: `~/x` and `<base>/<cell>/x` are the same topic and resolve to the same text. */
export class Topics {
  readonly own: string;
  constructor(base: string, cell: string) {
    this.own = `${base}/${cell}`;
  }
  /** null: this address is no topic */
  resolve(address: string): string | null {
    const topic = address.startsWith(OWN) ? `${this.own}/${address.slice(OWN.length)}` : address;
    return TOPIC.test(topic) ? topic : null;
  }
  isOwn(topic: string): boolean {
    return topic.startsWith(`${this.own}/`);
  }
  under(name: string): string {
    return `${this.own}/${name}`;
  }
}

/** `topic#path.to.field`: the part after # names a field inside a JSON payload. */
export function splitAddress(address: string): { address: string; field: readonly string[] } {
  const at = address.indexOf("#");
  if (at === -1) return { address, field: [] };
  return { address: address.slice(0, at), field: address.slice(at + 1).split(".") };
}
