import { setInterval } from "node:timers";
import { createInterface } from "node:readline";
import { createActuator } from "../../../../src/edge/actuators/index.ts";
import { DdsTransport, ddsSettingsSchema } from "../../../../src/edge/transports/dds/index.ts";
import { seenDoor, wireContext } from "../../../contract/ros-door.ts";

/** A process of its own that sends the node's heartbeat, to be killed. Input: "stand", "forbid", "garbage", "beat". */
const domainId = Number(process.argv[2]);
const transport = new DdsTransport(
  ddsSettingsSchema.parse({
    kind: "dds",
    domainId,
    library: process.env["LIBDDSC"],
    out: { "/cellgate/heartbeat": { message: "std_msgs/String" } },
  }),
);
await transport.open(wireContext(seenDoor().door, []));
const made = createActuator(
  "alive",
  { kind: "heartbeat", transport: "wire", address: "/cellgate/heartbeat", confirmMs: 400 },
  transport.sender,
);
if (!made.ok) throw new Error(made.error);
let counter = 0;
let how = "beat";
createInterface({ input: process.stdin }).on("line", (line) => {
  how = line;
});
setInterval(() => {
  if (how !== "stand") counter++;
  if (how === "garbage")
    transport.sender.send("/cellgate/heartbeat", { kind: "publish", body: { counter: "x" }, retain: false });
  else
    made.value.heartbeat({
      kind: "heartbeat",
      counter,
      state: "RUNNING",
      mayMove: how !== "forbid",
      configHash: "test",
    });
}, 50);
console.log("beats");
