/** Check values as the makers of buses and sensors define them. All work on a slice of a byte row. */
function table(width: 16 | 32, polynomial: number): Uint32Array {
  const rows = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    rows[byte] = width === 16 ? crc & 0xffff : crc >>> 0;
  }
  return rows;
}
const MODBUS = table(16, 0xa001);
const X25 = table(16, 0x8408);
const CRC32 = table(32, 0xedb88320);

function reflected(rows: Uint32Array, start: number, bytes: Uint8Array, from: number, to: number): number {
  let crc = start;
  for (let i = from; i < to; i++) crc = rows[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return crc;
}
/** CRC-16/MODBUS; check value of "123456789" is 4B37 */
export const crc16Modbus = (bytes: Uint8Array, from = 0, to = bytes.length): number =>
  reflected(MODBUS, 0xffff, bytes, from, to);
/** CRC-16/X-25 (IBM-SDLC); check value of "123456789" is 906E */
export const crc16X25 = (bytes: Uint8Array, from = 0, to = bytes.length): number =>
  (reflected(X25, 0xffff, bytes, from, to) ^ 0xffff) & 0xffff;
/** CRC-32/ISO-HDLC (zip, Ethernet); check value of "123456789" is CBF43926 */
export const crc32 = (bytes: Uint8Array, from = 0, to = bytes.length): number =>
  (reflected(CRC32, 0xffffffff, bytes, from, to) ^ 0xffffffff) >>> 0;

export function sum16(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += bytes[i]!;
  return sum & 0xffff;
}
export const sum8 = (bytes: Uint8Array, from = 0, to = bytes.length): number => sum16(bytes, from, to) & 0xff;
