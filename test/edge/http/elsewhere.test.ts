import { spawnSync } from "node:child_process";
import { request, type RequestOptions } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createToken,
  listTokens,
  PersonalTokens,
  revokeToken,
  type Scope,
} from "../../../src/edge/http/control/index.ts";
import { parseDeployment } from "../../../src/node/deployment/index.ts";
import { demoCell } from "../../node/demo-cell.ts";
import { PageRig } from "./page-rig.ts";

const LONG_MS = 120_000;
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const WITHOUT = hasOpenssl ? "" : " (skipped: openssl is not installed)";
const HOUR_MS = 3_600_000;

describe("control.listen", () => {
  const problemsOf = (listen: object): string => {
    const parsed = parseDeployment(demoCell({ "control.listen": listen }), "cell.yaml");
    return parsed.ok ? "" : JSON.stringify(parsed.problems);
  };
  test("is off by default, and refused without TLS", () => {
    const parsed = parseDeployment(demoCell(), "cell.yaml");
    expect(parsed.ok && parsed.deployment.control.listen).toBeUndefined();
    expect(problemsOf({ host: "0.0.0.0" })).toContain("control.listen.tls");
    expect(problemsOf({ host: "0.0.0.0", tls: { cert: "a.pem" } })).toContain("control.listen.tls.key");
    expect(problemsOf({ host: "0.0.0.0", tls: { cert: "a.pem", key: "b.pem" } })).toBe("");
  });
});

describe.skipIf(!hasOpenssl)(`looking from another machine${WITHOUT}`, () => {
  let rig: PageRig;
  let url = "";
  const ask = (path: string, options: RequestOptions = {}, body = "") =>
    new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
      const sent = request(
        new URL(path, url),
        { agent: false, rejectUnauthorized: false, ...options },
        (answer) => {
          let text = "";
          answer.on("data", (part: Buffer) => void (text += part.toString()));
          answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
          answer.on("error", reject);
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  const make = (scopes: readonly Scope[], expiresAt = Date.now() + HOUR_MS, operator = "shift_lead") =>
    createToken(rig.data, { operator, scopes, expiresAt }, Date.now());
  const login = (token: string) =>
    ask(
      "/login",
      { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" } },
      new URLSearchParams({ token }).toString(),
    );
  const cookie = (token: string) => ({ cookie: `__Host-cellgate=${token}` });
  const act = (token: string, headers: Record<string, string> = {}) =>
    ask(
      "/v1/ack",
      {
        method: "POST",
        headers: {
          ...cookie(token),
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          ...headers,
        },
      },
      JSON.stringify({ request_id: crypto.randomUUID(), code: "ZONE_STOP", source: "danger" }),
    );
  beforeAll(async () => {
    rig = new PageRig();
    const [cert, key] = [join(rig.dir, "cert.pem"), join(rig.dir, "key.pem")];
    const made = spawnSync("openssl", [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=cell".split(" "),
      ...["-keyout", key, "-out", cert],
    ]);
    expect(made.status, made.stderr.toString()).toBe(0);
    const listen = { host: "127.0.0.1", port: 0, tls: { cert: "cert.pem", key: "key.pem" } };
    await rig.start(demoCell({ "transports.sim.scenario": "idle", "control.listen": listen }));
    for (let i = 0; url === "" && i < 200; i++) {
      url = /page for other machines: (\S+)/.exec(rig.node!.stderr)?.[1] ?? "";
      await new Promise((done) => setTimeout(done, 50));
    }
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  }, LONG_MS);
  afterAll(() => rig?.close());

  test("without a token nothing is shown: no page, no status, no picture, no act", async () => {
    expect((await ask("/")).headers["location"]).toBe("/login");
    for (const path of [
      "/live",
      "/data/status",
      "/data/scene",
      "/page/app.js",
      "/v1/status",
      "/metrics",
      "/healthz",
    ])
      expect((await ask(path)).status, path).toBe(401);
    expect((await ask("/data/status", { headers: cookie("wrong") })).status).toBe(401);
    // an operator's own file is for this machine
    expect((await ask("/data/status", { headers: cookie(rig.token()) })).status).toBe(401);
  });

  test("a token to look shows the page; its cookie is kept from scripts, from other sites and from clear wires", async () => {
    const { token } = make(["look"]);
    const { status, headers } = await login(token);
    expect(status).toBe(303);
    expect(String(headers["set-cookie"])).toMatch(/; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
    expect((await ask("/", { headers: cookie(token) })).text).toContain("<title>cellgate</title>");
    expect(JSON.parse((await ask("/data/status", { headers: cookie(token) })).text)).toMatchObject({
      cell: "demo_cell",
    });
    expect((await ask("/v1/events", { headers: cookie(token) })).status).toBe(401);
  });

  test("acts need a scope of their own, and come from this page only", async () => {
    expect((await act(make(["look"]).token)).status).toBe(403);
    const { token } = make(["look", "reset"]);
    // nothing is latched: the cell itself says so
    expect((await act(token)).status).toBe(409);
    expect((await act(token, { origin: "https://evil.example" })).status).toBe(403);
    expect((await act(token, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    // a scope that its person does not have gives nothing
    expect((await act(make(["look", "reset"], Date.now() + HOUR_MS, "planner").token)).status).toBe(403);
  });

  test(
    "what has ended or was revoked is over, for who listens within a second or two",
    async () => {
      const ended = make(["look"], Date.now() - 1);
      expect((await login(ended.token)).status).toBe(401);
      const { id, token } = make(["look"]);
      const cut = new Promise<void>((done) => {
        const options = { agent: false, rejectUnauthorized: false, headers: cookie(token) };
        const listening = request(new URL("/live", url), options, (answer) => {
          answer.once("data", () => expect(revokeToken(rig.data, id)).toBe(true));
          answer.on("error", () => {});
          answer.on("close", done);
        });
        listening.on("error", () => {});
        listening.end();
      });
      await cut;
      expect((await ask("/data/status", { headers: cookie(token) })).status).toBe(401);
      expect(listTokens(rig.data).some((t) => t.id === id)).toBe(false);
    },
    LONG_MS,
  );

  test("tokens that others on this machine could have written let nobody in", async () => {
    const { chmodSync } = await import("node:fs");
    const { token } = make(["look"]);
    const tokens = new PersonalTokens(rig.data);
    expect(tokens.find(token, Date.now())).toMatchObject({ operator: "shift_lead", scopes: ["look"] });
    chmodSync(join(rig.data, "personal-tokens.json"), 0o666);
    expect(new PersonalTokens(rig.data).find(token, Date.now())).toBeNull();
    chmodSync(join(rig.data, "personal-tokens.json"), 0o600);
  });
});
