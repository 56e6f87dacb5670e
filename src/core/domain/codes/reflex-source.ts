import type { CodeEntry, CodeTable } from "./code.ts";

const latchedStop = (title: string, meaning: string, remedy: string): CodeEntry => ({
  severity: "stop",
  title,
  meaning,
  remedy,
  clears: "acknowledge",
  clearedBy: "reset",
});
const lasting = (
  severity: CodeEntry["severity"],
  title: string,
  meaning: string,
  remedy: string,
): CodeEntry => ({
  severity,
  title,
  meaning,
  remedy,
  clears: "condition",
  clearedBy: null,
});
const untilRestart = (title: string, meaning: string, remedy: string): CodeEntry => ({
  severity: "stop",
  title,
  meaning,
  remedy,
  clears: "restart",
  clearedBy: "reset",
});

/** Codes that the rules of the reflex give for the health of sources and of the node itself. */
export const REFLEX_SOURCE_CODES = {
  SOURCE_MISSING: lasting(
    "stop",
    "source not heard yet",
    "A required channel has not brought one trusted reading since the node started.",
    "Switch the source on; check transport and address.",
  ),
  SOURCE_NEVER_HEARD: lasting(
    "stop",
    "source does not come",
    "A required channel was not heard within the time allowed for starting.",
    "Check that the source runs, and transport, address and quantity of the channel.",
  ),
  SOURCE_SILENT: latchedStop(
    "source silent",
    "A required channel has brought nothing fresh for longer than its greatest age.",
    "Check the sensor, its wire and its network, then reset and resume.",
  ),
  SOURCE_SLOW: latchedStop(
    "source too slow",
    "A required channel brings fewer readings per second than its lowest healthy rate.",
    "Check the load of the source and of the network, then reset and resume.",
  ),
  OPTIONAL_SOURCE_LOST: lasting(
    "warn",
    "optional source lost",
    "A channel that motion does not need is missing, silent or too slow.",
    "Check the source when its readings are wanted.",
  ),
  SOURCE_FROZEN: latchedStop(
    "source frozen",
    "A required channel keeps sending, but its values, its stamp or its counter stand still.",
    "Restart the source. If its values may really stand still, say so with declaredConstant.",
  ),
  OPTIONAL_SOURCE_FROZEN: lasting(
    "warn",
    "optional source frozen",
    "A channel that motion does not need keeps sending, but stands still.",
    "Restart the source. If its values may really stand still, say so with declaredConstant.",
  ),
  HEARTBEAT_STUCK: latchedStop(
    "heartbeat stuck",
    "A source's heartbeat arrives, but its counter does not advance: the program behind it is dead.",
    "Restart the source, then reset and resume.",
  ),
  HEARTBEAT_JUMPED: lasting(
    "warn",
    "heartbeat restarted",
    "A heartbeat counter went backwards: its source was restarted, or two sources share the channel.",
    "Nothing after a deliberate restart; otherwise look for a second source.",
  ),
  REJECTS_EXCEEDED: latchedStop(
    "too many unreadable readings",
    "More readings of a channel were refused within a second than it is allowed.",
    "Look at the faults of the channel: noise on the wire, wrong unit, wrong range, wrong clock.",
  ),
  SAMPLE_NOT_FINITE: lasting(
    "warn",
    "reading is not a number",
    "A reading held NaN or infinity; it counts as missing.",
    "Check the source and its driver.",
  ),
  SAMPLE_OUT_OF_RANGE: lasting(
    "warn",
    "reading not believable",
    "A reading lies outside the range that its channel can have; it counts as missing.",
    "Check unit, sensor and the channel's min and max.",
  ),
  SAMPLE_WRONG_LENGTH: lasting(
    "warn",
    "reading has a wrong length",
    "A reading has more or fewer numbers than its quantity, or than the readings before it.",
    "Check that the right source and message type stand in the channel.",
  ),
  STAMP_ABSENT: lasting(
    "warn",
    "reading without a stamp",
    "The channel says that its source stamps its readings, but this one has no stamp.",
    "Make the source stamp them, or set stamped: false.",
  ),
  STAMP_FUTURE: lasting(
    "warn",
    "stamp in the future",
    "A reading claims to be measured later than now: the clocks differ, or one was set.",
    "Synchronise the clocks (PTP or NTP); restart the node if its own clock was wrong when it started.",
  ),
  STAMP_OLD: lasting(
    "warn",
    "content too old",
    "A reading arrived now but was measured longer ago than the channel's greatest age.",
    "Synchronise the clocks; look for a queue between source and node.",
  ),
  STAMP_BACKWARD: lasting(
    "warn",
    "stamp went backwards",
    "A reading is older than one that came before it.",
    "Look for a second source, a replay or a clock that was set.",
  ),
  STAMP_REPEATED: lasting(
    "warn",
    "stamp repeated",
    "A reading carries the same stamp as the one before it: old data sent again.",
    "Look for a driver that repeats its last reading.",
  ),
  SEQUENCE_REPEATED: lasting(
    "warn",
    "counter repeated",
    "A reading carries the same counter as the one before it: old data sent again.",
    "Look for a driver that repeats its last reading.",
  ),
  SEQUENCE_BACKWARD: lasting(
    "warn",
    "counter went backwards",
    "A reading's counter is lower than the one before: the source restarted, or two sources share the channel.",
    "Nothing after a deliberate restart; otherwise look for a second source.",
  ),
  FT_SATURATED: latchedStop(
    "force sensor saturated",
    "A force/torque sensor reads at the end of its range; the true load may be higher.",
    "Unload the sensor and look for damage, then reset and resume.",
  ),
  FT_DEAD: latchedStop(
    "force sensor dead",
    "A force/torque sensor shows no noise at all, as no living sensor does.",
    "Check the sensor's supply and cable, then reset and resume.",
  ),
  FT_DRIFT: lasting(
    "warn",
    "force sensor drifted",
    "The robot stands still and unloaded, but the force/torque sensor reads a lasting load.",
    "Check payload and tool, then zero the sensor with the robot still and unloaded.",
  ),
  FOREIGN_PUBLISHER: latchedStop(
    "foreign publisher",
    "Somebody else publishes on a safety channel or on a topic that commands the robot.",
    "Find the second publisher and remove it, then reset and resume.",
  ),
  FOREIGN_PUBLISHER_NOTED: lasting(
    "warn",
    "foreign publisher (noted)",
    "Somebody else publishes on a safety channel or on a command topic; this deployment only takes note of it.",
    "Find the second publisher and remove it.",
  ),
  LOOP_LAG: latchedStop(
    "node too slow",
    "The node's own event loop stood still for longer than allowed: it was blind for that time.",
    "Look for load on this machine; give the node its own cores. Then reset and resume.",
  ),
  REACTION_MEASURED: lasting(
    "none",
    "reaction time measured",
    "The node measured its own time from reading to block; the separation distance is worked out with it.",
    "Nothing to do.",
  ),
  REACTION_SLOW: lasting(
    "warn",
    "reaction slower than stated",
    "The node's measured reaction time is longer than self.reactionTimeMs says.",
    "Look for load on this machine, or state the longer time.",
  ),
  RULE_FAILED: untilRestart(
    "a rule failed",
    "A rule of the node broke on its own mistake. It is not asked any more, so the cell may not move.",
    "Report the text of this cause and the tape. Restart the node; then acknowledge.",
  ),
  CAUSES_OVERFLOW: untilRestart(
    "too many causes",
    "More causes were active at once than the node can hold; one may be missing from the list.",
    "Clear the causes shown, restart the node; then acknowledge.",
  ),
  LATCH_UNKNOWN: latchedStop(
    "unknown latched cause",
    "A cause was latched before the last restart under a code that this version does not know.",
    "Look it up in the ledger, make sure that it is gone, then reset.",
  ),
} as const satisfies CodeTable;
