import { receiptEnvelope } from "../../core/domain/index.ts";

/**
 * The columns beside a receipt only repeat it. Canonical text has its members in one order, so they can be
 * compared without parsing a hundred thousand receipts per second.
 */
export function columnsAgree(text: string, id: string, type: string, at: number): boolean {
  return (
    text.startsWith(`{"at":${at},"body":{`) &&
    text.endsWith(`,"receipt_id":"${id}"}`) &&
    text.includes(`"receipt_type":"${type}"`)
  );
}

/** Words on what the schema refuses, or null. */
export function schemaProblem(text: string): string | null {
  try {
    const parsed = receiptEnvelope.safeParse(JSON.parse(text));
    return parsed.success
      ? null
      : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
