import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { RosMessage } from "../../wire/index.ts";

/** What is used of rclnodejs. Its own types promise more than it holds; only this is relied upon. */
export interface Rcl {
  readonly Context: new (domainId?: bigint) => RclContext;
  readonly QoS: (new (
    history: number,
    depth: number,
    reliability: number,
    durability: number,
  ) => RclQos) & {
    readonly HistoryPolicy: { readonly RMW_QOS_POLICY_HISTORY_KEEP_LAST: number };
    readonly ReliabilityPolicy: {
      readonly RMW_QOS_POLICY_RELIABILITY_RELIABLE: number;
      readonly RMW_QOS_POLICY_RELIABILITY_BEST_EFFORT: number;
    };
    readonly DurabilityPolicy: {
      readonly RMW_QOS_POLICY_DURABILITY_TRANSIENT_LOCAL: number;
      readonly RMW_QOS_POLICY_DURABILITY_VOLATILE: number;
    };
  };
  readonly ParameterType: Readonly<
    Record<"PARAMETER_BOOL" | "PARAMETER_INTEGER" | "PARAMETER_STRING", number>
  >;
  readonly Parameter: new (name: string, type: number, value: unknown) => RclParameter;
  readonly ParameterDescriptor: new (
    name: string,
    type: number,
    description: string,
    readOnly: boolean,
    range?: unknown,
  ) => unknown;
  readonly IntegerRange: new (from: bigint, to: bigint, step: bigint) => unknown;
  readonly ActionServer: new (
    node: RclNode,
    type: string,
    name: string,
    execute: (goal: RclGoalHandle) => Promise<RosMessage>,
    judge: () => number,
    accepted: (goal: RclGoalHandle) => void,
    cancel: (goal?: RclGoalHandle) => number,
  ) => unknown;
  readonly ActionClient: new (node: RclNode, type: string, name: string) => RclActionClient;
  readonly lifecycle: { readonly CallbackReturnCode: { readonly SUCCESS: number; readonly FAILURE: number } };
  init(context: RclContext, argv: readonly string[]): Promise<void>;
  readonly NodeOptions: new (
    parameterServices: boolean,
    parameterOverrides: readonly unknown[],
    declareFromOverrides: boolean,
    typeDescriptionService: boolean,
    rosout: boolean,
  ) => unknown;
  createLifecycleNode(name: string, namespace: string, context: RclContext): RclNode;
  createNode(name: string, namespace: string, context: RclContext, options: unknown): RclGraphNode;
  shutdown(context: RclContext): void;
  removeSignalHandlers(): void;
}
export interface RclGoalHandle {
  readonly goalId: RosMessage;
  readonly request: RosMessage;
  readonly isCancelRequested: boolean;
  execute(callback: () => Promise<RosMessage>): void;
  publishFeedback(feedback: RosMessage): void;
  succeed(): void;
  abort(): void;
  canceled(): void;
}
export interface RclSentGoal {
  readonly status: number;
  isAccepted(): boolean;
  getResult(): Promise<RosMessage>;
}
export interface RclActionClient {
  sendGoal(goal: RosMessage, feedback: (message: RosMessage) => void, id: RosMessage): Promise<RclSentGoal>;
  isActionServerAvailable(): boolean;
}
export interface RclContext {
  readonly domainId: unknown;
}
export interface RclQos {
  readonly depth: number;
}
export interface RclParameter {
  readonly name: string;
  readonly value: unknown;
}
export interface RclPublisher {
  publish(message: Buffer): void;
  /** a getter, although the package types it as a method */
  readonly subscriptionCount: number;
}
export interface RclClient {
  isServiceServerAvailable(): boolean;
  sendRequest(request: unknown, answered: (response: unknown) => void): void;
}
export interface RclEndpointInfo {
  readonly node_name: string;
  readonly node_namespace: string;
  readonly endpoint_gid: unknown;
}
export interface RclResponse {
  readonly template: Record<string, unknown>;
  send(response: Record<string, unknown>): void;
}
type NamesByNode = (name: string, namespace: string) => readonly { readonly name: string }[];
/** A node that only looks around. The questions about a node that has gone throw. */
export interface RclGraphNode {
  getNodeNamesAndNamespaces(): readonly { readonly name: string; readonly namespace: string }[];
  readonly getPublisherNamesAndTypesByNode: NamesByNode;
  readonly getSubscriptionNamesAndTypesByNode: NamesByNode;
  readonly getServiceNamesAndTypesByNode: NamesByNode;
  readonly getClientNamesAndTypesByNode: NamesByNode;
  destroy(): void;
}
export interface RclNode {
  createPublisher(type: string, topic: string, options: { qos: RclQos }): RclPublisher;
  createSubscription(
    type: string,
    topic: string,
    options: { qos: RclQos; isRaw: true },
    callback: (message: Buffer) => void,
  ): unknown;
  createService(
    type: string,
    name: string,
    options: undefined,
    callback: (request: Record<string, unknown>, response: RclResponse) => void,
  ): unknown;
  createClient(type: string, name: string): RclClient;
  getPublishersInfoByTopic(topic: string): readonly RclEndpointInfo[];
  declareParameter(parameter: RclParameter, descriptor: unknown): RclParameter;
  addOnSetParametersCallback(
    callback: (parameters: readonly RclParameter[]) => { successful: boolean; reason: string },
  ): void;
  registerOnConfigure(callback: () => number): void;
  registerOnActivate(callback: () => number): void;
  registerOnDeactivate(callback: () => number): void;
  registerOnCleanup(callback: () => number): void;
  registerOnShutdown(callback: () => number): void;
  configure(): unknown;
  activate(): unknown;
  spin(timeoutMs: number): void;
  stop(): void;
  destroy(): void;
}

/**
 * Imports the binding. `rosEnvironment` has said that this is safe. The binding takes SIGINT for itself when
 * it is imported; the node owns its signals, because it has to stop the robot first.
 */
export async function importRcl(folder: string): Promise<Rcl> {
  const before = new Set(process.listeners("SIGINT"));
  const module = (await import(pathToFileURL(join(folder, "dist", "index.js")).href)) as { default: Rcl };
  module.default.removeSignalHandlers();
  for (const listener of process.listeners("SIGINT"))
    if (!before.has(listener)) process.removeListener("SIGINT", listener);
  return module.default;
}
