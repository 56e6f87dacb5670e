#!/usr/bin/env python3
"""Sends readings of channel "@CHANNEL@" of cell "@CELL@" to cellgate.

Python 3 alone, without packages. Each line that it prints is one MQTT message:

    python3 sender.py @KEY_FILE@ | mosquitto_pub @CLIENT@ -V 5 -q 1 -l -t @TOPIC_WORD@

Put your measurement into read_value().
"""
import hashlib
import hmac
import json
import sys
import time
import zlib

TOPIC = "@TOPIC@"
SOURCE = "@SOURCE@"
CONFIG = "@CONFIG@"  # hash of the settings that both ends share
PROTECTED = bool(@PROTECTED@)  # False: plain readings without envelope
PERIOD_S = @PERIOD_MS@ / 1000


def read_value():
    """@MEANING@"""
    return json.loads("@EXAMPLE@")


def wrap(reading, session, seq, key):
    """One message as the node expects it; the check value covers everything that counts."""
    payload = json.dumps(reading, separators=(",", ":"))
    if not PROTECTED:
        return payload
    sent_us = time.monotonic_ns() // 1000
    text = "\n".join([TOPIC, SOURCE, str(session), str(seq), str(sent_us), CONFIG, payload]).encode()
    if key:
        check = "hmac:" + hmac.new(key, text, hashlib.sha256).hexdigest()
    else:  # CRC-32 finds accidents and no attackers
        check = "crc32:%08x" % zlib.crc32(text)
    return json.dumps(
        {
            "schema": "cellgate.envelope/1",
            "source": SOURCE,
            "session": session,
            "seq": seq,
            "sent_us": sent_us,
            "config": CONFIG,
            "payload": payload,
            "check": check,
        }
    )


def main():
    key = bytes.fromhex(open(sys.argv[1]).read().strip()) if len(sys.argv) > 1 else None
    # A session is larger after every restart. Without a clock that survives a restart, count in a file.
    session = int(time.time())
    seq = 0x100
    while True:
        print(wrap(read_value(), session, seq, key), flush=True)
        seq = 0x100 if seq == 0xFFFFFFFF else seq + 1
        time.sleep(PERIOD_S)


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        pass
