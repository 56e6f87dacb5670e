export { type Column, type ColumnType, GROUP_ROWS } from "./columns.ts";
export { isTable, TABLE_ENDINGS, TableWriter } from "./table-writer.ts";
