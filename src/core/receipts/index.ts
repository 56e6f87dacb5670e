export {
  type AuditCheckpoint,
  type AuditRow,
  type Finding,
  type FindingKind,
  pureSealer,
  type Sealer,
  ShardAudit,
} from "./audit-shard.ts";
export { base64Of, bytesOfBase64 } from "./base64.ts";
export {
  type Checkpoint,
  type Crypto,
  checkpointText,
  openCheckpoint,
  parseCheckpoint,
  type SignedCheckpoint,
} from "./checkpoint.ts";
export { type CheckedProof, checkProof, type ProofCheck, type ProofStep } from "./check/index.ts";
export { type Leaf, leafText, NO_PREVIOUS, parseLeaf } from "./leaf.ts";
export { endorsementText, openingText, type ShardOpening, shardOpening } from "./shard-opening.ts";
export {
  Frontier,
  type Hash,
  type NodeSource,
  type OnNode,
  sameHash,
  type TreeHasher,
  treeHasherOf,
} from "./merkle.ts";
export {
  cosignatureMessage,
  type Ed25519,
  formatSignature,
  KEY_COSIGNATURE,
  type Note,
  type NoteKey,
  type NoteSigner,
  noteKey,
  parseNote,
  parseVkey,
  signNote,
  verifyNote,
  vkeyOf,
} from "./note.ts";
export {
  consistencyPath,
  inclusionPath,
  type ProofResult,
  rangeHash,
  verifyConsistency,
  verifyInclusion,
} from "./proof.ts";
export { formatTlogProof, parseTlogProof, type TlogProof } from "./tlog-proof.ts";
