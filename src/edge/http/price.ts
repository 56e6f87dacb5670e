import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where `cellgate price` leaves its figures in a node's folder. */
export const PRICE_FILE = "price.json";
const BYTES_MAX = 4 * 1024 * 1024;

export interface StoredPrice {
  /** what `cellgate price` wrote; null: nothing that can be read */
  readonly price: unknown;
  readonly why: string;
}
/** What the stops of this cell cost, as it was worked out last. Only a plain file is read, never what a link points at. */
export function storedPrice(dataDir: string): StoredPrice {
  let handle: number;
  try {
    handle = openSync(join(dataDir, PRICE_FILE), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return { price: null, why: "not worked out yet: run `cellgate price` on this node's folder" };
  }
  try {
    if (fstatSync(handle).size > BYTES_MAX) return { price: null, why: `${PRICE_FILE} is too large` };
    return { price: JSON.parse(readFileSync(handle, "utf8")) as unknown, why: "" };
  } catch {
    return { price: null, why: `${PRICE_FILE} cannot be read` };
  } finally {
    closeSync(handle);
  }
}
