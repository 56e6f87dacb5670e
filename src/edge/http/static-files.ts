import { table } from "../../core/base/table.ts";
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzip, gzipSync } from "node:zlib";
import { reportScript, reportStyle } from "../report/index.ts";
import { SAFE_HEADERS } from "./guard.ts";

interface StaticFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly packed: Buffer;
}
/** BLAKE3 for the browser, which has none of its own */
const HASH_FILES = ["blake3.js", "blake2.js", "_blake.js", "_md.js", "_u64.js", "utils.js"] as const;
const TYPES: Readonly<Record<string, string>> = table({
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
});

const fileOf = (name: string, plain: Buffer): StaticFile => ({
  type: TYPES[name.split(".").at(-1)!]!,
  plain,
  packed: gzipSync(plain, { level: 9 }),
});

/** Everything a browser loads, read and compressed once. Nothing comes from outside. */
export function loadStaticFiles(): Map<string, StaticFile> {
  const require = createRequire(import.meta.url);
  const files = new Map<string, StaticFile>();
  const page = new URL("./page/", import.meta.url);
  for (const name of readdirSync(page))
    files.set(`/page/${name}`, fileOf(name, readFileSync(new URL(name, page))));
  files.set("/", files.get("/page/index.html")!);
  files.set("/page/shared.css", fileOf("shared.css", Buffer.from(reportStyle())));
  files.set("/page/report.js", fileOf("report.js", Buffer.from(reportScript())));
  // loaded when a proof is checked, as modules that name each other
  const hashes = dirname(require.resolve("@noble/hashes/blake3.js"));
  for (const name of HASH_FILES)
    files.set(`/page/hashes/${name}`, fileOf(name, readFileSync(join(hashes, name))));
  files.set(
    "/page/uplot.js",
    fileOf("uplot.js", readFileSync(require.resolve("uplot/dist/uPlot.iife.min.js"))),
  );
  files.set(
    "/page/uplot.css",
    fileOf("uplot.css", readFileSync(require.resolve("uplot/dist/uPlot.min.css"))),
  );
  return files;
}

const takesGzip = (request: IncomingMessage): boolean =>
  /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
const PACKED_FROM_CHARS = 1_024;

/** An answer made now, compressed when it is worth it. */
export function sendPacked(
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
  type = "application/json",
): void {
  const headers = { ...SAFE_HEADERS, "content-type": type, "cache-control": "no-store" };
  if (text.length < PACKED_FROM_CHARS || !takesGzip(request)) {
    response.writeHead(200, headers).end(text);
    return;
  }
  gzip(text, { level: 4 }, (cause, bytes) => {
    if (cause !== null) return void response.destroy();
    response.writeHead(200, { ...headers, "content-encoding": "gzip" }).end(bytes);
  });
}

export function sendStatic(request: IncomingMessage, response: ServerResponse, file: StaticFile): void {
  const packed = takesGzip(request);
  response.writeHead(200, {
    ...SAFE_HEADERS,
    "content-type": file.type,
    "cache-control": "no-cache",
    ...(packed && { "content-encoding": "gzip" }),
  });
  response.end(request.method === "HEAD" ? undefined : packed ? file.packed : file.plain);
}
