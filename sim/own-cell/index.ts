export { CELL_FAULTS, type CellFault, type CellFaultKind, FAULT_SYNTAX, readCellFault } from "./faults.ts";
export type { Hand } from "./hand.ts";
export type { Spot } from "./spots.ts";
export { OwnWorld, type OwnWorldSetting } from "./world.ts";
