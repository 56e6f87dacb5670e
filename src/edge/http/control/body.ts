import type { IncomingMessage } from "node:http";
import { type Code, CONTROL_DRAINED_BYTES, CONTROL_JSON_DEPTH } from "../../../core/domain/index.ts";

export type Body =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: Code; readonly detail: string };

const refused = (code: Code, detail: string): Body => ({ ok: false, code, detail });

/** JSON of a body; null: it is longer than it may be; "gone": the client went away. */
export function bodyOf(
  bytes: Uint8Array | null | "gone",
  contentType: string | undefined,
  maxBytes: number,
): Body {
  if (bytes === null) return refused("CONTROL_BODY_TOO_LARGE", `more than ${maxBytes} bytes`);
  if (bytes === "gone") return refused("CONTROL_NOT_JSON", "the request broke off");
  if (contentType?.split(";")[0]?.trim().toLowerCase() !== "application/json")
    return refused("CONTROL_NOT_JSON", "content-type is not application/json");
  return parse(bytes);
}

/** What is too long is thrown away as it comes, up to a bound, so that the answer arrives. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | null | "gone"> {
  if (Number(request.headers["content-length"] ?? 0) > CONTROL_DRAINED_BYTES) return Promise.resolve(null);
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let length = 0;
    request.on("data", (part: Buffer) => {
      length += part.length;
      if (length <= maxBytes) parts.push(part);
      else if (length > CONTROL_DRAINED_BYTES) {
        request.pause();
        resolve(null);
      }
    });
    request.on("end", () => resolve(length > maxBytes ? null : Buffer.concat(parts)));
    request.on("error", () => resolve("gone"));
    request.on("close", () => resolve("gone"));
  });
}

function parse(bytes: Uint8Array): Body {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refused("CONTROL_NOT_JSON", "not UTF-8");
  }
  if (depthOf(text) > CONTROL_JSON_DEPTH)
    return refused("CONTROL_NOT_JSON", `nested deeper than ${CONTROL_JSON_DEPTH}`);
  try {
    const value = JSON.parse(text) as unknown;
    // stringify writes half a surrogate pair as an escape: no hash and no receipt could hold such text
    if (/\\ud[89a-f][0-9a-f]{2}/.test(JSON.stringify(value)))
      return refused("CONTROL_NOT_JSON", "text with half a character");
    return { ok: true, value };
  } catch (cause) {
    return refused("CONTROL_NOT_JSON", (cause as Error).message);
  }
}

/** How deeply brackets nest outside of strings; found without recursion, before anything recursive sees it. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === "\\") i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === "[" || c === "{") deepest = Math.max(deepest, ++depth);
    else if (c === "]" || c === "}") depth--;
  }
  return deepest;
}
