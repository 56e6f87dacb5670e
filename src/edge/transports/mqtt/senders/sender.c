/*
 * Sends readings of channel "@CHANNEL@" of cell "@CELL@" to cellgate.
 *
 * Each line that it prints is one MQTT message:
 *   cc -O2 -o sender sender.c
 *   ./sender @KEY_FILE@ | mosquitto_pub @CLIENT@ -V 5 -q 1 -l -t @TOPIC_WORD@
 * Put your measurement into read_value().
 */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

@CORE@
int main(int argc, char **argv) {
  char hex[160] = "", reading[256], message[2048];
  struct timespec now, pause = {@PERIOD_MS@ / 1000, (@PERIOD_MS@ % 1000) * 1000000L};
  /* A session is larger after every restart. Without a clock that survives a restart, count in a file. */
  unsigned long session = (unsigned long)time(NULL);
  if (argc > 1) {
    FILE *file = fopen(argv[1], "r");
    if (file == NULL || fgets(hex, sizeof hex, file) == NULL || !take_key(hex)) {
      fprintf(stderr, "%s is no key: at least 32 hexadecimal digits\n", argv[1]);
      return 2;
    }
    fclose(file);
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (;;) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    read_value(reading, sizeof reading);
    wrap(reading, session, (unsigned long long)now.tv_sec * 1000000ULL + (unsigned long long)now.tv_nsec / 1000ULL, message, sizeof message);
    if (puts(message) == EOF) return 0;
    nanosleep(&pause, NULL);
  }
}
