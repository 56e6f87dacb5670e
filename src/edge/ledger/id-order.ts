/**
 * A number that grows with the ids of one start, so that the index over ids is only ever extended at its
 * end. Ids are still compared as text: two of them may share a number, and a number that wraps round only
 * costs a look-up.
 */
const ID = /^([a-z])(\d{1,9})\.(\d{1,15})(?:\.(\d{1,6}))?$/;
const BOOTS = 2 ** 12;
const SEQS = 2 ** 34;
const NUMBERS = 2 ** 6;
/** numbers below belong to the cell's receipts, from here on to all others */
export const OTHERS = 2 ** 52;

export function idOrder(id: string): number {
  const parts = ID.exec(id);
  if (parts === null) return OTHERS + hashOf(id);
  const [, series, boot, seq, n] = parts;
  const order = ((Number(boot) % BOOTS) * SEQS + (Number(seq) % SEQS)) * NUMBERS + (Number(n ?? 0) % NUMBERS);
  return series === "r" ? order : OTHERS + order;
}

/** FNV-1a: spreads ids of any other form */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
