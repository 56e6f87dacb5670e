import { selectRows } from "../../core/risk/index.ts";
import type { LabelledTable } from "./growing-table.ts";

/** Some rows, with the events of the sources that they come from. */
export function splitTable(table: LabelledTable, rows: ArrayLike<number>): LabelledTable {
  const part = selectRows(table, rows);
  const kept = new Set(part.sourceOf);
  return { ...part, events: table.events.filter((event) => kept.has(event.source)) };
}
