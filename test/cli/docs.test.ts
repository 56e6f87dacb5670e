import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveFolder } from "../../src/cli/docs.ts";

/** Asks with a path exactly as it stands: a URL object would tidy it first. */
const ask = (port: number, path: string, method = "GET"): Promise<{ status: number; body: string }> =>
  new Promise((done, fail) =>
    request({ port, path, method, host: "127.0.0.1" }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => void (body += chunk.toString()));
      response.on("end", () => done({ status: response.statusCode!, body }));
    })
      .on("error", fail)
      .end(),
  );

describe("the pages that cellgate docs serves", () => {
  const above = mkdtempSync(join(tmpdir(), "cellgate-docs-served-"));
  const folder = join(above, "site");
  mkdirSync(join(folder, "guides"), { recursive: true });
  writeFileSync(join(folder, "index.html"), "first page");
  writeFileSync(join(folder, "guides", "mqtt.html"), "about MQTT");
  writeFileSync(join(above, "secret.txt"), "secret");
  const server = serveFolder(folder);
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.close();
    rmSync(above, { recursive: true, force: true });
  });

  test("are read by their addresses", async () => {
    expect(await ask(port, "/")).toEqual({ status: 200, body: "first page" });
    expect(await ask(port, "/guides/mqtt.html?x=1")).toEqual({ status: 200, body: "about MQTT" });
  });
  test.each([
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/%00",
    "/%",
    "/guides",
    "/nothing.html",
    "//[",
    "/guides/../../secret.txt",
  ])("nothing else is there: %s", async (path) => {
    const { status, body } = await ask(port, path);
    expect(status).toBe(404);
    expect(body).not.toContain("secret");
  });
  test("nothing is written", async () => {
    expect((await ask(port, "/index.html", "POST")).status).toBe(405);
  });
});
