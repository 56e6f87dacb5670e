export { type ActuatorKind, actuatorShape } from "./actuator-kind.ts";
export { ACTUATORS, createActuator } from "./registry.ts";
