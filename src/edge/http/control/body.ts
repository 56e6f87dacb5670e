import type { IncomingMessage } from "node:http";
import { type Code, CONTROL_DRAINED_BYTES, CONTROL_JSON_DEPTH } from "../../../core/domain/index.ts";

export type Body =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: Code; readonly detail: string };

const refused = (code: Code, detail: string): Body => ({ ok: false, code, detail });

/** Reads a bounded JSON body. What is too long is thrown away as it comes, up to a bound, so that the answer arrives. */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<Body> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  const announced = Number(request.headers["content-length"] ?? 0);
  const tooLarge = refused("CONTROL_BODY_TOO_LARGE", `more than ${maxBytes} bytes`);
  if (announced > CONTROL_DRAINED_BYTES) return tooLarge;
  const bytes = await readBytes(request, maxBytes);
  if (bytes === "too large") return tooLarge;
  if (bytes === null) return refused("CONTROL_NOT_JSON", "the request broke off");
  if (type !== "application/json") return refused("CONTROL_NOT_JSON", "content-type is not application/json");
  return parse(bytes);
}

/** null: the client went away */
function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer | "too large" | null> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let length = 0;
    request.on("data", (part: Buffer) => {
      length += part.length;
      if (length <= maxBytes) parts.push(part);
      else if (length > CONTROL_DRAINED_BYTES) {
        request.pause();
        resolve("too large");
      }
    });
    request.on("end", () => resolve(length > maxBytes ? "too large" : Buffer.concat(parts)));
    request.on("error", () => resolve(null));
    request.on("close", () => resolve(null));
  });
}

function parse(bytes: Buffer): Body {
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
