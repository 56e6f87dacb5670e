import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { table } from "../core/base/table.ts";
import { command, EXIT, UserError } from "./command.ts";
import { kinds, withDefault } from "./options/index.ts";

const TYPES: Readonly<Record<string, string>> = table({
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".woff2": "font/woff2",
  ".svg": "image/svg+xml",
  ".png": "image/png",
});
/** Where a package has the built pages, and where a checkout builds them. */
const PLACES = ["../../docs/site", "../../docs/.vitepress/dist"];

/** The folder with the built pages; null when nobody built them. */
function builtPages(): string | null {
  const folders = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return folders.find((folder) => existsSync(join(folder, "index.html"))) ?? null;
}

/** The file that an address names; null when it leads out of the folder or is no address. */
function fileAt(folder: string, address: string): string | null {
  try {
    const path = normalize(decodeURIComponent(new URL(address, "http://docs").pathname));
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    return file.startsWith(join(folder, "/")) && !file.includes("\0") ? file : null;
  } catch {
    return null;
  }
}

/** Serves one folder, read only. A path that leads out of it does not exist. */
export function serveFolder(folder: string): Server {
  return createServer((request, response) => {
    const file = fileAt(folder, request.url ?? "/");
    const found = file !== null && statSync(file, { throwIfNoEntry: false })?.isFile() === true;
    if (request.method !== "GET" || !found) {
      response.writeHead(found ? 405 : 404, { "content-type": "text/plain" }).end("not here\n");
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
}

export const docsCommand = command({
  words: ["docs"],
  summary: "show the documents in a browser, from this machine alone",
  example: "cellgate docs --port 8788",
  options: {
    port: withDefault(kinds.port, "0", "port of the address on this machine", { without: "any free one" }),
  },
  async run(input, io) {
    const folder = builtPages();
    if (folder === null)
      throw new UserError("the pages are not built", "run `npm run docs` once in this checkout");
    const server = serveFolder(folder);
    const failed = new Promise<never>((_, refuse) =>
      server.once("error", (cause) =>
        refuse(new UserError(`the pages cannot be served: ${cause.message}`, "choose another --port")),
      ),
    );
    const listening = new Promise<void>((done) => server.listen(input.values.port, "127.0.0.1", done));
    await Promise.race([listening, failed]);
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    io.out(`http://127.0.0.1:${port}/  (Ctrl-C ends)`);
    await Promise.race([new Promise((done) => process.once("SIGINT", done)), failed]);
    server.close();
    server.closeAllConnections();
    return EXIT.ok;
  },
});
