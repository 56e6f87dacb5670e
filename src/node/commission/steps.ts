import type { Deployment } from "../../core/domain/index.ts";

/** One thing that is tried at the machine, several times. */
export interface CommissionStep {
  readonly id: string;
  readonly kind: "press" | "walk" | "push" | "cable" | "publisher" | "speed";
  /** the channel, rule or transport that is tried */
  readonly part: string;
  /** what a person does, and what they do to end it */
  readonly prompt: string;
  readonly undo: string;
  /** sources whose cause has to come */
  readonly sources: readonly string[];
  /** channels whose last healthy reading counts as the moment before */
  readonly channels: readonly string[];
  /** share of full speed, for steps about stopping */
  readonly share: number;
  /** the robot has to stand afterwards */
  readonly stops: boolean;
}
const SPEEDS = [0.33, 0.66, 1] as const;

/** Everything of a deployment that can be tried: each e-stop, each zone, each cable, each publisher, three speeds. */
export function commissionSteps({ channels, rules, transports }: Deployment): readonly CommissionStep[] {
  const steps: CommissionStep[] = [];
  const add = (
    kind: CommissionStep["kind"],
    part: string,
    more: Omit<CommissionStep, "id" | "kind" | "part" | "share">,
  ): void => void steps.push({ id: `${kind} ${part}`, kind, part, share: 1, ...more });
  for (const [name, { quantity }] of Object.entries(channels))
    if (quantity === "estop" || quantity === "estopDual")
      add("press", name, {
        prompt: `press the e-stop that "${name}" reads`,
        undo: "release it",
        sources: [name],
        channels: [name],
        stops: true,
      });
  const walk = (rule: string, channel: string, stops: boolean): void =>
    add("walk", rule, {
      prompt: `walk into "${rule}" (seen by ${channel})`,
      undo: "leave the cell",
      sources: [rule],
      channels: [channel],
      stops,
    });
  for (const [rule, own] of Object.entries(rules.zones))
    if (own.monitored) walk(rule, own.channel, own.action !== "slow");
  for (const [rule, own] of Object.entries(rules.proximity)) if (own.monitored) walk(rule, own.channel, true);
  for (const [rule, own] of Object.entries(rules.separation))
    if (own.monitored) walk(rule, own.channel, true);
  for (const [rule, own] of Object.entries(rules.force))
    if (own.monitored)
      add("push", rule, {
        prompt: `push the tool with more than ${own.maxForceN} N ("${rule}", with a force gauge)`,
        undo: "let go",
        sources: [rule],
        channels: [own.channel],
        stops: true,
      });
  for (const [name, channel] of Object.entries(channels))
    if (channel.required && channel.monitored)
      add("cable", name, {
        prompt: `pull the cable of "${name}"`,
        undo: "plug it in again",
        sources: [name],
        channels: [name],
        stops: true,
      });
  for (const name of Object.keys(transports)) {
    const brought = Object.entries(channels).filter(
      ([, c]) => c.transport === name && c.required && c.monitored,
    );
    if (brought.length < 2) continue;
    const names = brought.map(([channel]) => channel);
    add("publisher", name, {
      prompt: `stop whoever publishes on "${name}" (${names.join(", ")})`,
      undo: "start it again",
      sources: names,
      channels: names,
      stops: true,
    });
  }
  if (Object.values(channels).some((c) => c.quantity === "joints"))
    for (const share of SPEEDS)
      steps.push({
        id: `speed ${Math.round(share * 100)}`,
        kind: "speed",
        part: `${Math.round(share * 100)} %`,
        prompt: `let the robot do its job at ${Math.round(share * 100)} % of its speed; the node stops it`,
        undo: "",
        sources: [],
        channels: [],
        share,
        stops: true,
      });
  return steps;
}
