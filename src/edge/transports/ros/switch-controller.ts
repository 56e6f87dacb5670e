import { z } from "zod";
import { assert } from "../../../core/base/assert.ts";
import type { OutMessage } from "../../ports/index.ts";
import { CdrWriter, type MessageLayout, parseDefinition } from "../../wire/index.ts";

export const SWITCH_CONTROLLER = "controller_manager_msgs/srv/SwitchController";
/** The request has other fields before and after this release. */
export const SWITCH_RELEASES = ["humble", "jazzy"] as const;
export type SwitchRelease = (typeof SWITCH_RELEASES)[number];

const DURATION =
  "\n================================================================================\nMSG: builtin_interfaces/Duration\nint32 sec\nuint32 nanosec";
const FIELDS: Readonly<Record<SwitchRelease, string>> = {
  humble:
    "string[] activate_controllers\nstring[] deactivate_controllers\nstring[] start_controllers\nstring[] stop_controllers\nint32 strictness\nbool start_asap\nbool activate_asap\nbuiltin_interfaces/Duration timeout",
  jazzy:
    "string[] activate_controllers\nstring[] deactivate_controllers\nint32 strictness\nbool activate_asap\nbuiltin_interfaces/Duration timeout",
};
const names = z.array(z.string().min(1).max(256)).max(32);
const bodySchema = z.strictObject({
  type: z.literal(SWITCH_CONTROLLER),
  request: z.strictObject({
    activate_controllers: names.max(0, "a stop activates nothing"),
    deactivate_controllers: names.min(1),
    strictness: z.number().int(),
    activate_asap: z.boolean(),
    timeout: z.strictObject({
      sec: z.number().int().min(0),
      nanosec: z.number().int().min(0).max(999_999_999),
    }),
  }),
});

export function switchLayout(release: SwitchRelease): MessageLayout {
  const layout = parseDefinition(`${SWITCH_CONTROLLER}_Request`, "ros2msg", FIELDS[release] + DURATION);
  assert(layout.ok, "definition of SwitchController");
  return layout.value;
}

/** Only deactivation is ever asked for: this is a stop, and nothing else may come out of it. */
export function encodeSwitch(message: OutMessage, release: SwitchRelease): Uint8Array | null {
  if (message.kind !== "publish") return null;
  const body = bodySchema.safeParse(message.body);
  if (!body.success) return null;
  const { activate_controllers, deactivate_controllers, strictness, activate_asap, timeout } =
    body.data.request;
  writer.begin().texts(activate_controllers).texts(deactivate_controllers);
  if (release === "humble") writer.texts([]).texts([]);
  writer.i32(strictness);
  if (release === "humble") writer.bool(false);
  return writer.bool(activate_asap).i32(timeout.sec).u32(timeout.nanosec).end();
}
const writer = new CdrWriter();
