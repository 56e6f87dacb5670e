import { receiptEnvelope } from "../domain/index.ts";

/**
 * The columns beside a receipt only repeat it. Canonical text has its members in one order, so they can be
 * compared without parsing a hundred thousand receipts per second.
 */
export function columnsAgree(body: Buffer, id: string, type: string, at: number): boolean {
  const text = body.toString("latin1");
  return (
    text.startsWith(`{"at":${at},"body":{`) &&
    text.endsWith(`,"receipt_id":"${id}"}`) &&
    text.includes(`"receipt_type":"${type}"`)
  );
}

/** Words on what the schema refuses, or null. */
export function schemaProblem(body: Buffer): string | null {
  try {
    const parsed = receiptEnvelope.safeParse(JSON.parse(body.toString("utf8")));
    return parsed.success
      ? null
      : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
