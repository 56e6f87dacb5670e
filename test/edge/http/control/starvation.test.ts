import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ControlRig } from "./rig.ts";

/** Nobody keeps a person's stop out: neither by sitting in the doorway nor by shouting. */
const rig = new ControlRig();
const IDLE = 2_300;
beforeAll(() => rig.open({ maxRequestsPerSecond: 5 }).then(() => undefined));
afterAll(() => rig.close());

test("2,300 idle connections: each kill is answered", async () => {
  const url = new URL(rig.control.url);
  const sockets: Socket[] = [];
  for (let i = 0; i < IDLE; i++) {
    const socket = connect({ host: "127.0.0.1", port: Number(url.port) });
    socket.on("error", () => undefined);
    sockets.push(socket);
    if (i % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
  try {
    for (let i = 0; i < 20; i++)
      expect((await rig.post("/v1/kill", { request_id: `idle-${i}` })).status).toBe(200);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

test("a program without the role is slowed down in the lane of stops too, and takes nothing from a person", async () => {
  const guest = await Promise.all(
    Array.from({ length: 60 }, (_, i) => rig.post("/v1/kill", { request_id: `g${i}` }, "guest")),
  );
  expect(guest.filter(({ status }) => status === 429).length).toBeGreaterThan(20);
  for (let i = 0; i < 30; i++) expect((await rig.post("/v1/kill", { request_id: `k${i}` })).status).toBe(200);
});
