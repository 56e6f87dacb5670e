import { type Code, isExtensionCode } from "../../core/domain/index.ts";
import type { ActuatorKind } from "../../edge/actuators/index.ts";
import type {
  Actuator,
  Device,
  DeviceEmit,
  DeviceSession,
  Door,
  Transport,
  TransportContext,
} from "../../edge/ports/index.ts";
import type { TransportKind } from "../../edge/transports/registry.ts";

/** What a device or a transport of an extension may say of a reading. */
const READING_FAULT = /^(DEVICE|ENVELOPE)_[A-Z_]+$/;

/**
 * A decoder that throws has lost its place in the stream: it is asked no more, and every byte that comes is a fault
 * of all its channels, which whoever reads the line reports.
 */
export function guardedDevice(device: Device): Device {
  return {
    ...device,
    open(settings) {
      const session = device.open(settings);
      let failed: unknown = null;
      const attempt = <T>(act: () => T, otherwise: T): T => {
        if (failed !== null) return otherwise;
        try {
          return act();
        } catch (cause) {
          failed = cause;
          return otherwise;
        }
      };
      const { greeting, farewell, poll, encode, pollPeriodMs } = session;
      const guarded: DeviceSession = {
        channels: session.channels,
        push(bytes, emit, nowUs) {
          attempt(() => session.push(bytes, checked(emit), nowUs), undefined);
          if (failed !== null) throw failed;
        },
        reset: () => attempt(() => session.reset(), undefined),
        ...(greeting && { greeting: () => attempt(() => greeting.call(session), []) }),
        ...(farewell && { farewell: () => attempt(() => farewell.call(session), []) }),
        ...(poll && { poll: () => attempt(() => poll.call(session), null) }),
        ...(encode && {
          encode: (address, message) => attempt(() => encode.call(session, address, message), null),
        }),
        ...(pollPeriodMs !== undefined && { pollPeriodMs }),
      };
      return guarded;
    },
  };
}
const checked = (emit: DeviceEmit): DeviceEmit => ({
  reading: (channel, values, count, stamp, seq) => emit.reading(channel, values, count, stamp, seq),
  fault(channel, code, detail) {
    if (!READING_FAULT.test(code)) throw new Error(`${code} is no fault of a reading`);
    emit.fault(channel, code, String(detail));
  },
});

/** A transport brings readings and proposals. People, actuators and other parts speak through doors of their own. */
export function guardedTransport(extension: string, kind: TransportKind): TransportKind {
  return {
    ...kind,
    async create(name, settings, devices) {
      const transport = await kind.create(name, settings, devices);
      const { sender } = transport;
      const guarded: Transport = {
        kind: transport.kind,
        open: (context) => transport.open(guardedContext(`${extension}/${name}`, context)),
        close: () => transport.close(),
        health: () => transport.health(),
        ...(sender && {
          sender: { send: (address, message) => sendOrNot(() => sender.send(address, message)) },
        }),
      };
      return guarded;
    },
  };
}
/** A write that throws was not handed over. */
function sendOrNot(send: () => boolean): boolean {
  try {
    return send() === true;
  } catch {
    return false;
  }
}

function guardedContext(name: string, context: TransportContext): TransportContext {
  const { door } = context;
  const own = new Set<number>(context.channels.map(({ index }) => index));
  const foreign = (what: string): void => door.health(name, "EXTENSION_FOREIGN_CAUSE", true, what);
  const refuse = (what: string): { accepted: false; code: Code; detail: string } => {
    foreign(what);
    return { accepted: false, code: "EXTENSION_FOREIGN_CAUSE", detail: what };
  };
  const guarded: Door = {
    sample(channel, values, count, stamp, sourceSeq) {
      if (own.has(channel)) door.sample(channel, values, count, stamp, sourceSeq);
      else foreign(`a reading of channel ${channel}`);
    },
    fault(channel, code, detail) {
      if (!own.has(channel)) foreign(`a fault of channel ${channel}`);
      else if (READING_FAULT.test(code) || isExtensionCode(code)) door.fault(channel, code, detail);
      else foreign(`a fault with code ${code}`);
    },
    proposal: (raw, via) => door.proposal(raw, via),
    refusedProposal: (code, via) => door.refusedProposal(code, via),
    operator: (event) => refuse(`an operator's act: ${event.act.name}`),
    approval: () => refuse("an approval"),
    switchStage: () => refuse("a switch of stage"),
    whenLatched: () => door.whenLatched(),
    actuator: (part) => foreign(`an answer of actuator ${part}`),
    // its own causes carry its own name as their source, so it clears no others
    health(_part, code, active, detail) {
      if (isExtensionCode(code)) door.health(name, code, active, detail);
      else foreign(`a cause ${code}`);
    },
  };
  return { ...context, door: guarded, channels: [...context.channels] };
}

/** An actuator that throws has carried out nothing: the next one of the chain is asked. */
export function guardedActuator(kind: ActuatorKind): ActuatorKind {
  return {
    ...kind,
    create(name, settings, sender) {
      const actuator = kind.create(name, settings, sender);
      const act =
        <A extends unknown[]>(part: (...args: A) => boolean) =>
        (...args: A): boolean =>
          sendOrNot(() => part.apply(actuator, args));
      const guarded: Actuator = {
        name: actuator.name,
        moves: actuator.moves,
        block: act(actuator.block),
        slow: act(actuator.slow),
        heartbeat: act(actuator.heartbeat),
        permit: act(actuator.permit),
        revoke: act(actuator.revoke),
      };
      return guarded;
    },
  };
}
