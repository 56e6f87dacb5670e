import { receiptEnvelope } from "../../core/domain/index.ts";

/**
 * The columns beside a receipt only repeat it. Canonical text has its members in one order, so they can be
 * compared without parsing a hundred thousand receipts per second.
 */
export function columnsAgree(text: string, id: string, type: string, at: number): boolean {
  const named = `,"receipt_id":"${id}"`;
  const place = text.lastIndexOf(named);
  return (
    text.startsWith(`{"at":${at},"body":{`) &&
    place > 0 &&
    END.test(text.slice(place + named.length)) &&
    text.includes(`"receipt_type":"${type}"`)
  );
}
/** behind the id stands nothing, or the version of the schema; a receipt of earlier versions has none */
const END = /^(,"schema":"[^"\\]{1,64}")?\}$/;

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
