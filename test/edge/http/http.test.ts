import { createServer, type Server } from "node:http";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { questionBucket } from "../../../src/edge/http/bucket.ts";
import { CODES } from "../../../src/core/domain/index.ts";
import { NodeProcess } from "../../node/processes.ts";
import { askingCell } from "./cell-file.ts";
import { fillLedger, LAST_WORD_AT, REPORT_NAME } from "./filled-ledger.ts";
import { PageRig } from "./page-rig.ts";

const LONG_MS = 120_000;
let rig: PageRig;
beforeAll(async () => {
  rig = new PageRig();
  await fillLedger(rig.data, rig.write(askingCell()));
  await rig.start(askingCell());
}, LONG_MS);
afterAll(() => rig.close());

/** fetch hides some headers; this one sends what it is told */
const ask = (path: string, method = "GET", headers: Record<string, string> = {}) =>
  new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const sent = request(new URL(path, rig.url), { method, headers, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (part: Buffer) => void (text += part.toString()));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    sent.on("error", reject);
    sent.end(method === "POST" ? "{}" : undefined);
  });

describe("what the page's address answers", () => {
  test("the page, and the node's own addresses at the same port", async () => {
    expect((await ask("/")).text).toContain("<title>cellgate</title>");
    expect(JSON.parse((await ask("/healthz")).text)).toMatchObject({ alive: true });
    expect((await ask("/metrics")).text).toContain("cellgate_may_move");
    expect((await ask("/v1/status")).status).toBe(401);
    expect((await ask("/v1/status", "GET", { authorization: `Bearer ${rig.token()}` })).status).toBe(200);
  });
  test("scripts only from here, none in the text of the page, nothing framed", async () => {
    const { headers, text } = await ask("/");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|https?:/);
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|style=/);
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });
  test("a foreign name for this machine is refused (DNS rebinding)", async () => {
    expect((await ask("/", "GET", { host: "evil.example" })).status).toBe(403);
    expect((await ask("/data/status", "GET", { host: "evil.example:80" })).status).toBe(403);
  });
  test("acts from another page are refused, and without a token so are those from here", async () => {
    const json = { "content-type": "application/json", authorization: `Bearer ${rig.token()}` };
    expect((await ask("/v1/kill", "POST", { ...json, origin: "http://evil.example" })).status).toBe(403);
    expect((await ask("/v1/kill", "POST", { ...json, "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await ask("/v1/kill", "POST", { "content-type": "application/json" })).status).toBe(401);
    expect((await ask("/data/status", "POST")).status).toBe(405);
  });
  test("files beside the page are out of reach", async () => {
    for (const path of [
      "/page/../guard.ts",
      "/page/%2e%2e/guard.ts",
      "/data/constructor",
      "/data/__proto__",
      "/page/",
      "/operators/shift_lead.token",
    ])
      expect((await ask(path)).status, path).toBe(404);
  });
  test("a wrong question is answered with 400", async () => {
    expect((await ask("/data/receipts?type=nonsense")).status).toBe(400);
    expect((await ask("/data/receipts?since=-1")).status).toBe(400);
  });
  test("text for codes is the table of codes, all of it and nothing else", async () => {
    expect(JSON.parse((await ask("/data/codes")).text)).toEqual(JSON.parse(JSON.stringify(CODES)));
  });
});

describe("reports of promotions", () => {
  test("are drawn anew from their figures, under the page's own policy", async () => {
    const { status, headers, text } = await ask(`/reports/${REPORT_NAME}`);
    expect(status).toBe(200);
    expect(String(headers["content-type"])).toContain("text/html");
    expect(String(headers["content-security-policy"])).toBe(
      String((await ask("/")).headers["content-security-policy"]),
    );
    const markup = text.replace(/(<script type="application\/json" id="data">)[^<]*(<\/script>)/, "");
    expect(markup).not.toMatch(/<script(?![^>]*\bsrc=)|<img|\son\w+=|<style|hurt/);
    expect(JSON.parse((await ask("/data/reports")).text)).toEqual(
      expect.arrayContaining([REPORT_NAME.slice(0, 16)]),
    );
    const figures = JSON.parse((await ask(`/data/report?name=${REPORT_NAME}`)).text) as { cards: object[] };
    expect(figures.cards).toHaveLength(1);
  });
  test("nothing else of the disk is given out: links, other names, files that are no report", async () => {
    for (const path of [
      "/reports/",
      "/reports/nothing.html",
      "/reports/0123456789abcdef.html",
      "/reports/fedcba9876543210.html",
      `/reports/..%2freports%2f${REPORT_NAME}`,
      "/reports/../state.json",
      "/reports/..%2fstate.json",
      "/reports/%2e%2e%2f%2e%2e%2foperators%2fshift_lead.token",
      "/reports/7c0b4d051c3fd8d2.json",
      "/reports/7c0b4d051c3fd8d2.html%00.html",
    ])
      expect((await ask(path)).status, path).toBe(404);
    expect((await ask(`/reports/${REPORT_NAME}`, "POST")).status).toBe(405);
    expect((await ask(`/reports/${REPORT_NAME}`, "GET", { host: "evil.example" })).status).toBe(403);
    for (const name of ["fedcba9876543210.html", "../state.json", ""])
      expect((await ask(`/data/report?name=${encodeURIComponent(name)}`)).text, name).toBe("null");
  });
});

describe("rollouts", () => {
  test("are read from the centre's own ledger, each receipt with its proof", async () => {
    const { rows } = JSON.parse((await ask("/data/receipts?type=rollout")).text) as {
      rows: { id: string }[];
    };
    expect(rows.length).toBe(3);
    const one = JSON.parse((await ask(`/data/receipt?id=${rows[0]!.id}`)).text) as Record<string, string>;
    expect(JSON.parse(one["text"]!)).toMatchObject({ body: { receipt_type: "rollout" } });
    expect(one["proof"]).toContain("c2sp.org/tlog-proof@v1");
  });
});

describe("states from the ledger", () => {
  test("go back behind the start of this run, and say when the run before was heard last", async () => {
    const changes = JSON.parse((await ask("/data/states?since=0")).text) as {
      at: number;
      to: string;
      last_word: number | null;
    }[];
    const start = changes.find((c) => c.last_word !== null)!;
    expect(start.last_word).toBe(LAST_WORD_AT);
    expect(changes.map((c) => c.at)).toEqual(changes.map((c) => c.at).sort((a, b) => a - b));
    expect((await ask("/data/states?since=x")).status).toBe(400);
  });
});

describe("questions to the ledger", () => {
  test("have a bound for all browsers together, which fills again with time", () => {
    const bucket = questionBucket();
    const taken = Array.from({ length: 500 }, () => bucket.take(1_000)).filter(Boolean).length;
    expect(taken).toBe(80);
    expect(bucket.take(1_000)).toBe(false);
    expect(bucket.take(1_100)).toBe(true);
  });
});

describe("a page that cannot listen", () => {
  let other: Server;
  afterAll(() => void other?.close());
  test(
    "ends the start with code 3 and says what to do",
    async () => {
      other = createServer().listen(0, "127.0.0.1");
      await new Promise((done) => other.once("listening", done));
      const taken = (other.address() as AddressInfo).port;
      const node = new NodeProcess(
        "start",
        "--for",
        "5s",
        "--json",
        "--port",
        String(taken),
        "--data",
        `${rig.dir}/taken`,
      );
      expect(await node.ended).toBe(3);
      expect(node.stderr).toContain(`the page cannot listen on 127.0.0.1:${taken}: EADDRINUSE`);
      expect(node.stderr).toContain("--port");
    },
    LONG_MS,
  );
});
