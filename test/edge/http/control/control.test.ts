import { generateKeyPairSync, sign } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  CONTROL_LISTENER_BYTES,
  CONTROL_MAX_LISTENERS,
  CONTROL_WRONG_TOKENS_PER_MINUTE,
} from "../../../../src/core/domain/index.ts";
import { depthOf } from "../../../../src/edge/http/control/body.ts";
import { rawKeyHex } from "../../../../src/edge/keys/index.ts";
import { ROUTES, signedApprovalText } from "../../../../src/edge/http/control/index.ts";
import { Bucket } from "../../../../src/edge/http/bucket.ts";
import { openTokens } from "../../../../src/edge/http/control/tokens.ts";
import { ControlRig, OPERATORS } from "./rig.ts";

let rig: ControlRig;
beforeEach(() => {
  rig = new ControlRig();
});
afterEach(() => rig.close());

describe("tokens", () => {
  test("tokens are made once, kept as hashes, readable by their owner only", async () => {
    await rig.open();
    expect(rig.control.madeTokens.map((m) => m.operator)).toEqual(["lead", "guest"]);
    const token = rig.token("lead");
    for (const file of ["control-tokens.json", "operators/lead.token", "control.json"])
      expect([file, (statSync(join(rig.dir, file)).mode & 0o777).toString(8)]).toEqual([file, "600"]);
    expect(readFileSync(join(rig.dir, "control-tokens.json"), "utf8")).not.toContain(token);
    await rig.control.close();
    await rig.open();
    expect(rig.control.madeTokens).toEqual([]);
    expect((await rig.get("/v1/status")).status).toBe(200);
  });

  test("who left the deployment has no access, though the token file still lies there", async () => {
    await rig.open();
    const guest = rig.token("guest");
    await rig.control.close();
    await rig.open({}, OPERATORS.slice(0, 1));
    expect((await rig.ask("/v1/status", { token: guest })).status).toBe(401);
  });

  test("hashes that others could write, of another user, or damaged count for nobody; everybody gets a new token", async () => {
    await rig.open();
    const file = join(rig.dir, "control-tokens.json");
    const damages: readonly (readonly [RegExp, () => void])[] = [
      [/read or changed by others/, () => chmodSync(file, 0o644)],
      [/cannot be read/, () => writeFileSync(file, "{")],
      [
        /cannot be read/,
        () => {
          rmSync(file);
          mkdirSync(file, 0o700);
        },
      ],
      ...(process.geteuid?.() === 0
        ? [[/belongs to another user/, () => chownSync(file, 65_534, 65_534)] as const]
        : []),
    ];
    for (const [why, damage] of damages) {
      const token = rig.token("lead");
      expect(openTokens(rig.dir, OPERATORS)).toMatchObject({ setAside: "", troubles: [], made: [] });
      damage();
      const found = openTokens(rig.dir, OPERATORS);
      expect(found.setAside).toMatch(why);
      expect(found.made).toHaveLength(OPERATORS.length);
      expect(found.find(token)).toBeNull();
      expect(found.find(rig.token("lead"))).toMatchObject({ name: "lead" });
    }
  });

  test("no token, wrong token, malformed token: refused, and nothing reaches the door", async () => {
    await rig.open();
    const lead = rig.token("lead");
    const wrong = [
      null,
      "",
      "x".repeat(43),
      lead.slice(1),
      `${lead}x`,
      lead.toUpperCase(),
      "a b",
      "x".repeat(5_000),
    ];
    for (const token of wrong) {
      const answer = await rig.ask("/v1/kill", {
        method: "POST",
        token,
        body: "{}",
        headers: { "content-type": "application/json" },
      });
      expect([token, answer.status, answer.json["code"]]).toEqual([token, 401, "CONTROL_UNAUTHORISED"]);
    }
    expect((await rig.ask("/v1/status", { headers: { authorization: `Basic ${lead}` } })).status).toBe(401);
    expect(rig.calls).toEqual([]);
  });

  test("many wrong tokens are told to the cell as guessing, once", async () => {
    await rig.open();
    for (let i = 0; i < CONTROL_WRONG_TOKENS_PER_MINUTE + 5; i++)
      await rig.ask("/v1/status", { token: "wrong" });
    expect(rig.calls).toEqual([
      {
        kind: "health",
        body: expect.objectContaining({ part: "control", code: "CONTROL_TOKEN_GUESSING", active: true }),
      },
    ]);
  });
});

describe("acts", () => {
  test("every act reaches the cell with the caller's name and roles, never with what the body claims", async () => {
    await rig.open();
    const acts: [string, object, object][] = [
      ["/v1/reset", { level: 1 }, { name: "reset", level: 1, retained: false }],
      ["/v1/reset", { level: 0 }, { name: "reset", level: 0, retained: false }],
      ["/v1/resume", {}, { name: "resume" }],
      [
        "/v1/ack",
        { code: "RULE_FAILED", source: "x" },
        { name: "acknowledge", code: "RULE_FAILED", source: "x" },
      ],
      ["/v1/kill", {}, { name: "kill" }],
      ["/v1/unkill", {}, { name: "unkill" }],
    ];
    for (const [path, more, act] of acts) {
      const requestId = rig.requestId();
      const answer = await rig.post(path, { request_id: requestId, reason: "test", ...more }, "guest");
      expect(answer.status).toBe(200);
      expect(rig.calls.at(-1)).toEqual({
        kind: "operator",
        body: { act, by: "guest", roles: ["resume"], requestId, reason: "test" },
      });
    }
    const claimed = await rig.post("/v1/kill", { request_id: "q", roles: ["kill"], by: "lead" }, "guest");
    expect([claimed.status, claimed.json["code"]]).toEqual([400, "CONTROL_BODY_INVALID"]);
  });

  test("a kill that is not on the disk is carried out and says so", async () => {
    await rig.open();
    rig.kept = false;
    expect(await rig.post("/v1/kill", { request_id: "a" })).toMatchObject({
      status: 200,
      json: { accepted: true, kept: false, code: "KILL_NOT_KEPT", remedy: expect.stringContaining("e-stop") },
    });
    expect(rig.calls.at(-1)).toMatchObject({ kind: "operator", body: { act: { name: "kill" } } });
    rig.kept = true;
    expect((await rig.post("/v1/kill", { request_id: "a" })).json).toMatchObject({ kept: true });
  });

  test("what the cell refuses is refused in its own words", async () => {
    await rig.open();
    rig.outcome = { accepted: false, code: "ROLE_MISSING", detail: "kill" };
    expect(await rig.post("/v1/kill", { request_id: "a" }, "guest")).toMatchObject({
      status: 403,
      json: { accepted: false, code: "ROLE_MISSING", title: expect.any(String), remedy: expect.any(String) },
    });
    rig.outcome = { accepted: false, code: "RESET_NOT_RISING", detail: "" };
    expect((await rig.post("/v1/reset", { request_id: "b", level: 1 })).status).toBe(409);
  });

  test("approvals bind what was seen, and a signature is checked at the door", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    await rig.open({}, [
      { name: "lead", roles: ["approve"], publicKey: rawKeyHex(publicKey) },
      { name: "guest", roles: ["approve"] },
    ]);
    const body = {
      request_id: "r1",
      reason: "looked at it",
      granted: true,
      args_hash: "a",
      config_hash: "c",
      model_hash: "m",
      issued_at_us: 1_000,
    };
    const signatureOf = (of: typeof body, instance = "rig#1"): string => {
      const text = signedApprovalText({ cell: "rig", instance }, "lead", "pick 7", of);
      return sign(null, Buffer.from(text, "utf8"), privateKey).toString("hex");
    };
    const signature = signatureOf(body);
    const path = "/v1/approvals/pick%207";
    await rig.post(path, { ...body, signature });
    expect(rig.calls.at(-1)!.body).toEqual({
      actionId: "pick 7",
      granted: true,
      by: "lead",
      roles: ["approve"],
      argsHash: "a",
      configHash: "c",
      modelHash: "m",
      reason: "looked at it",
      signature: "valid",
    });
    await rig.post(path, body);
    expect(rig.calls.at(-1)!.body["signature"]).toBe("absent");
    for (const changed of [
      { granted: false },
      { args_hash: "b" },
      { reason: "other" },
      { request_id: "r2" },
    ]) {
      await rig.post(path, { ...body, ...changed, signature });
      expect(rig.calls.at(-1)!.body["signature"]).toBe("invalid");
    }
    // the same once more, one for another start, one that is too old, one from before the newest
    for (const [more, instance] of [
      [{}, "rig#1"],
      [{ request_id: "r3" }, "rig#0"],
      [{ request_id: "r4", issued_at_us: 900_000_000 }, "rig#1"],
      [{ request_id: "r5", issued_at_us: 999 }, "rig#1"],
    ] as const) {
      const again = { ...body, ...more };
      await rig.post(path, { ...again, signature: signatureOf(again, instance) });
      expect(rig.calls.at(-1)!.body["signature"], JSON.stringify(more)).toBe("invalid");
    }
    await rig.post("/v1/approvals/other", { ...body, signature });
    expect(rig.calls.at(-1)!.body["signature"]).toBe("invalid");
    await rig.post(path, { ...body, signature }, "guest");
    expect(rig.calls.at(-1)!.body["signature"]).toBe("invalid");
    await rig.post(path, { ...body, signature: "zz" });
    expect(rig.calls.at(-1)!.body["signature"]).toBe("invalid");
  });

  test("stages and proposals", async () => {
    await rig.open();
    expect((await rig.post("/v1/stage", { request_id: "s", stage: 2, reason: "evidence 12" })).status).toBe(
      200,
    );
    expect(rig.calls.at(-1)).toEqual({
      kind: "stage",
      body: { stage: 2, by: "lead", roles: OPERATORS[0]!.roles, reason: "evidence 12" },
    });
    expect((await rig.post("/v1/proposals", { anything: [1, 2] }, "guest")).status).toBe(202);
    expect(rig.calls.at(-1)).toEqual({
      kind: "proposal",
      body: { raw: { anything: [1, 2] }, via: { transport: "control", caller: "guest" } },
    });
  });

  test("a proposal that cannot be read leaves a refusal, not silence", async () => {
    await rig.open();
    const send = (body: string) =>
      rig.ask("/v1/proposals", {
        method: "POST",
        token: rig.token("lead"),
        body,
        headers: { "content-type": "application/json" },
      });
    expect((await send("{")).status).toBe(400);
    expect((await send(JSON.stringify("x".repeat(5_000)))).status).toBe(413);
    expect(rig.calls.map((c) => c.body["code"])).toEqual(["PROPOSAL_NOT_JSON", "PROPOSAL_TOO_LARGE"]);
  });
});

describe("under fire", () => {
  const raw = (
    body: string | Buffer,
    headers: Record<string, string> = { "content-type": "application/json" },
  ) => rig.ask("/v1/resume", { method: "POST", token: rig.token("lead"), body, headers });

  test("bad JSON of every kind is an answer, never an act", async () => {
    await rig.open();
    const bad: [string | Buffer, string][] = [
      ["", "CONTROL_NOT_JSON"],
      ["{", "CONTROL_NOT_JSON"],
      ["null", "CONTROL_BODY_INVALID"],
      ["[]", "CONTROL_BODY_INVALID"],
      ['"x"', "CONTROL_BODY_INVALID"],
      ["{}", "CONTROL_BODY_INVALID"],
      ['{"request_id":""}', "CONTROL_BODY_INVALID"],
      ['{"request_id":1}', "CONTROL_BODY_INVALID"],
      ['{"request_id":"a","extra":1}', "CONTROL_BODY_INVALID"],
      [Buffer.from([0x7b, 0xff, 0x7d]), "CONTROL_NOT_JSON"],
      [`{"request_id":${"[".repeat(1_000)}${"]".repeat(1_000)}}`, "CONTROL_NOT_JSON"],
      ['{"request_id":"\\ud800"}', "CONTROL_NOT_JSON"],
      ['{"request_id":"a","__proto__":{"x":1}}', "CONTROL_BODY_INVALID"],
    ];
    for (const [body, code] of bad) {
      const answer = await raw(body);
      expect([body.toString("utf8").slice(0, 30), answer.status, answer.json["code"]]).toEqual([
        body.toString("utf8").slice(0, 30),
        400,
        code,
      ]);
    }
    expect((await raw('{"request_id":"a"}', { "content-type": "text/plain" })).json["code"]).toBe(
      "CONTROL_NOT_JSON",
    );
    expect(rig.calls).toEqual([]);
    expect((await rig.post("/v1/resume", { request_id: "a" })).status).toBe(200);
  });

  test("an oversized body is refused, announced, unannounced or endless", async () => {
    await rig.open({ maxBodyBytes: 1_024 });
    for (const size of [1_025, 100_000, 5_000_000]) {
      const answer = await raw("x".repeat(size)).catch((cause: NodeJS.ErrnoException) => cause.code);
      if (size < 2_000_000)
        expect(answer).toMatchObject({ status: 413, json: { code: "CONTROL_BODY_TOO_LARGE" } });
      else
        expect(
          ["ECONNRESET", "EPIPE"].includes(answer as string) || (answer as { status: number }).status === 413,
        ).toBe(true);
    }
    const outcome = await new Promise<string>((resolve) => {
      const url = new URL("/v1/resume", rig.control.url);
      const sent = httpRequest(
        url,
        {
          method: "POST",
          headers: {
            authorization: `Bearer ${rig.token("lead")}`,
            "content-type": "application/json",
            "transfer-encoding": "chunked",
          },
        },
        (response) => resolve(String(response.statusCode)),
      );
      sent.on("error", () => resolve("cut"));
      const pour = (): void => {
        while (!sent.destroyed && sent.write("x".repeat(65_536)));
        if (!sent.destroyed) sent.once("drain", pour);
      };
      pour();
    });
    expect(["413", "cut"]).toContain(outcome);
    expect(rig.calls).toEqual([]);
    expect((await rig.get("/v1/status")).status).toBe(200);
  });

  test("a thousand parallel requests all get an answer, and the one that kills is carried out", async () => {
    await rig.open({ maxRequestsPerSecond: 50 });
    const many = Array.from({ length: 1_000 }, (_, i) =>
      i === 500
        ? rig.post("/v1/kill", { request_id: "kill" })
        : i % 2 === 0
          ? rig.get("/v1/status")
          : rig.get("/healthz", null),
    );
    const answers = await Promise.all(many);
    const counts = new Map<number, number>();
    for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
    expect([...counts.keys()].every((status) => status === 200 || status === 429)).toBe(true);
    expect(counts.get(429)).toBeGreaterThan(0);
    expect(answers[500]!.status).toBe(200);
    expect(rig.calls.filter((c) => c.kind === "operator")).toHaveLength(1);
  });

  test("strangers cannot use up the requests of operators, nor one operator those of another", async () => {
    await rig.open({ maxRequestsPerSecond: 5 });
    for (let i = 0; i < 20; i++) await rig.ask("/v1/status", { token: "wrong" });
    for (let i = 0; i < 20; i++) await rig.get("/v1/status", "guest");
    expect((await rig.get("/v1/status", "guest")).status).toBe(429);
    expect((await rig.get("/v1/status", "lead")).status).toBe(200);
    expect((await rig.get("/v1/status", "guest")).headers["retry-after"]).toBe("1");
  });

  test("kill is never refused for asking too often", async () => {
    await rig.open({ maxRequestsPerSecond: 1 });
    for (let i = 0; i < 10; i++)
      expect((await rig.post("/v1/kill", { request_id: `k${i}` })).status).toBe(200);
  });

  test("slow loris: who dribbles headers is cut off, others are served meanwhile", async () => {
    await rig.open();
    const { port } = new URL(rig.control.url);
    const sockets = Array.from({ length: 100 }, () => {
      const socket = connect(Number(port), "127.0.0.1", () =>
        socket.write("POST /v1/resume HTTP/1.1\r\nHost: 127.0.0.1\r\nX-a: "),
      );
      socket.on("error", () => {});
      return socket;
    });
    const closed = sockets.map(
      (socket) => new Promise<void>((resolve) => socket.on("close", () => resolve())),
    );
    const dribble = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed) socket.write("b");
    }, 200);
    expect((await rig.post("/v1/kill", { request_id: "k" })).status).toBe(200);
    await Promise.all(closed);
    clearInterval(dribble);
    expect(rig.calls.filter((c) => c.kind === "operator")).toHaveLength(1);
  });

  test("a foreign host name is refused: a web page may be behind it", async () => {
    await rig.open();
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80"]) {
      const answer = await rig.ask("/v1/status", { token: rig.token("lead"), headers: { host } });
      expect([host, answer.status]).toEqual([host, 421]);
    }
    expect(
      (await rig.ask("/v1/status", { token: rig.token("lead"), headers: { host: "localhost:1" } })).status,
    ).toBe(200);
  });

  test("unknown addresses and methods", async () => {
    await rig.open();
    const token = rig.token("lead");
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/v1/kill"],
      ["PUT", "/v1/kill"],
      ["POST", "/v1/nothing"],
      ["POST", "/v1/approvals/"],
      ["POST", "/v1/approvals/%zz"],
      ["POST", "/v1/status"],
      ["DELETE", "/v1/status"],
    ] as const) {
      const answer = await rig.ask(path, { method, token });
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
    expect(rig.calls).toEqual([]);
  });

  test("a taken port is said in words", async () => {
    await rig.open();
    const other = new ControlRig();
    const port = Number(new URL(rig.control.url).port);
    await expect(other.open({ port })).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+: EADDRINUSE/);
    await other.close();
  });
});

describe("what it shows", () => {
  test("health without a token, and the notice with it", async () => {
    await rig.open();
    expect((await rig.get("/healthz", null)).json).toEqual({
      alive: true,
      state: "STOPPED",
      may_move: false,
      notice: "not a safety-rated device",
    });
    expect((await rig.get("/v1/status")).json).toMatchObject({
      notice: "not a safety-rated device",
      causes: [{ code: "ESTOP_PRESSED", cleared_by: "reset" }],
    });
  });

  test("metrics are in the text format of Prometheus, units in the names, labels escaped", async () => {
    await rig.open();
    const { text, headers } = await rig.get("/metrics", null);
    expect(headers["content-type"]).toContain("version=0.0.4");
    for (const line of text.trimEnd().split("\n"))
      expect(line).toMatch(
        /^(# (HELP|TYPE) cellgate_[a-z0-9_]+ .+|cellgate_[a-z0-9_]+(\{([a-z_]+="(?:[^"\\]|\\["\\n])*",?)+\})? (NaN|[+-]?Inf|-?[0-9.e+-]+))$/,
      );
    expect(text).toContain('cellgate_state{state="STOPPED"} 1');
    expect(text).toContain('cellgate_cause{code="ESTOP_PRESSED",source="st\\"op\\\\1",severity="stop"} 1');
    expect(text).toContain('cellgate_sample_to_block_seconds{quantile="0.99"} 0.000012');
    expect(text).not.toMatch(/cellgate_risk_energy /);
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map((m) => m[1]!);
    expect(new Set(names).size).toBe(names.length);
  });

  test("the event stream shows the status, then what happens", async () => {
    await rig.open();
    const events = await listen(rig, 2, () => {
      rig.control.observe({ kind: "alarm", code: "ESTOP_PRESSED", detail: "now" });
    });
    expect(events).toEqual([
      ["status", expect.objectContaining({ state: "STOPPED" })],
      ["alarm", { code: "ESTOP_PRESSED", detail: "now" }],
    ]);
  });

  test("the event stream takes so many listeners, and drops one that does not read", async () => {
    await rig.open();
    const { port } = new URL(rig.control.url);
    const open = () => {
      const socket = connect(Number(port), "127.0.0.1", () =>
        socket.write(
          `GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${rig.token("lead")}\r\n\r\n`,
        ),
      );
      socket.on("error", () => {});
      return socket;
    };
    const sockets = Array.from({ length: CONTROL_MAX_LISTENERS }, open);
    await Promise.all(sockets.map((s) => new Promise((resolve) => s.once("data", resolve))));
    expect((await rig.get("/v1/events")).status).toBe(503);
    const deaf = sockets[0]!.pause();
    const detail = "x".repeat(16_384);
    for (let i = 0; i < 2_000 && !deaf.destroyed; i++) {
      rig.control.observe({ kind: "alarm", code: "ESTOP_PRESSED", detail });
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      const { text } = i % 100 === 0 ? await rig.get("/metrics", null) : { text: "" };
      if (/cellgate_control_listeners_dropped_total [1-9]/.test(text)) break;
    }
    const { text } = await rig.get("/metrics", null);
    expect(Number(/cellgate_control_listeners_dropped_total (\d+)/.exec(text)?.[1])).toBeGreaterThan(0);
    for (const socket of sockets) socket.destroy();
    expect(CONTROL_LISTENER_BYTES).toBeLessThan(2_000 * detail.length);
  });
});

describe("small parts", () => {
  test("a bucket holds one second's worth and fills evenly", () => {
    const bucket = new Bucket(10);
    expect(Array.from({ length: 12 }, () => bucket.take(0)).filter(Boolean)).toHaveLength(10);
    expect(bucket.take(99)).toBe(false);
    expect(bucket.take(200)).toBe(true);
    expect(Array.from({ length: 30 }, () => bucket.take(100_000)).filter(Boolean)).toHaveLength(10);
  });
  test("depth is counted outside of strings only", () => {
    expect(depthOf('{"a":[1,{"b":"[[[[\\"[["}]}')).toBe(3);
    expect(depthOf("[".repeat(60_000))).toBe(60_000);
  });
  test("every route has its own address", () => {
    expect(new Set(ROUTES.map((r) => r.path)).size).toBe(ROUTES.length);
  });
});

/** Reads the first events of the stream; `once` runs when the first has come. */
function listen(of: ControlRig, count: number, once: () => void): Promise<[string, unknown][]> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      new URL("/v1/events", of.control.url),
      { headers: { authorization: `Bearer ${of.token("lead")}` } },
      (response) => {
        let text = "";
        let told = false;
        response.on("data", (part: Buffer) => {
          text += part.toString("utf8");
          const events = text.split("\n\n").slice(0, -1);
          if (events.length > 0 && !told) {
            told = true;
            once();
          }
          if (events.length < count) return;
          sent.destroy();
          resolve(
            events
              .slice(0, count)
              .map((e) => [/^event: (.*)$/m.exec(e)![1]!, JSON.parse(/^data: (.*)$/m.exec(e)![1]!)]),
          );
        });
      },
    );
    sent.on("error", (cause) => reject(cause));
    sent.end();
  });
}
