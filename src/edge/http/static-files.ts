import { table } from "../../core/base/table.ts";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { gzip, gzipSync } from "node:zlib";
import {
  type BrowserModule,
  browserFile,
  modulesOf,
  pathInSources,
  reportScript,
  reportStyle,
} from "../report/index.ts";
import { SAFE_HEADERS } from "./guard.ts";

interface StaticFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly packed: Buffer;
}
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
  const put = (path: string, plain: string | Buffer): void =>
    void files.set(path, fileOf(path, Buffer.from(plain)));
  const beside = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), "utf8");
  // the proof's verifier and what it needs are loaded when somebody asks for a proof
  for (const entry of ["page/app", "page/verify"])
    for (const module of modulesOf(browserFile(entry, import.meta.url)))
      put(addressOf(module.file), withAddresses(module));
  const early = modulesOf(browserFile("page/app", import.meta.url)).filter(({ file }) => !isLate(file));
  const preload = early.map(({ file }) => `<link rel="modulepreload" href="${addressOf(file)}">`).join("\n");
  put("/page/index.html", beside("index.html").replace("<!-- modules -->", preload));
  files.set("/", files.get("/page/index.html")!);
  put("/page/app.css", beside("app.css"));
  put("/page/shared.css", reportStyle());
  put("/page/report.js", reportScript());
  put("/page/uplot.js", readFileSync(require.resolve("uplot/dist/uPlot.iife.min.js")));
  put("/page/uplot.css", readFileSync(require.resolve("uplot/dist/uPlot.min.css")));
  return files;
}

const HASHES = "/@noble/hashes/";
/** where a browser finds a module: views at /page/, what they share with the node below it, the hashes beside them */
function addressOf(file: URL): string {
  if (file.pathname.includes(HASHES)) return `/page/hashes/${file.pathname.split(HASHES)[1]!}`;
  const path = pathInSources(file).replaceAll("\\", "/").replace(/\.ts$/, ".js");
  return `/page/${path.startsWith(PAGE) ? path.slice(PAGE.length) : path}`;
}
const PAGE = "edge/http/page/";
const isLate = (file: URL): boolean => /\/page\/verify\.|\/core\/|\/@noble\//.test(file.pathname);
const withAddresses = ({ text, imports }: BrowserModule): string =>
  imports.reduce(
    (all, { specifier, file }) => all.replaceAll(`"${specifier}"`, `"${addressOf(file)}"`),
    text,
  );

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
