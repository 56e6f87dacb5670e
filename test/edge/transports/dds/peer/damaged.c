/* Publishes bytes of a wrong layout under the name of a right one: damaged <topic> <count> <periodUs> */
#include "damaged.h"
#include "dds/dds.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t seed = 12345;
static uint32_t next(void) { seed = seed * 1664525u + 1013904223u; return seed >> 8; }

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  dds_entity_t participant = dds_create_participant(getenv("PEER_DOMAIN") ? (dds_domainid_t)atoi(getenv("PEER_DOMAIN")) : 0, NULL, NULL);
  dds_entity_t topic = dds_create_topic(participant, &geometry_msgs_msg_dds__WrenchStamped__desc, argv[1], NULL, NULL);
  dds_qos_t *qos = dds_create_qos();
  dds_qset_reliability(qos, DDS_RELIABILITY_RELIABLE, DDS_SECS(1));
  dds_entity_t writer = dds_create_writer(participant, topic, qos, NULL);
  dds_publication_matched_status_t matched = {0};
  while (matched.current_count == 0) { dds_sleepfor(DDS_MSECS(10)); dds_get_publication_matched_status(writer, &matched); }
  static uint8_t bytes[256];
  for (int i = 0; i < atoi(argv[2]); i++) {
    geometry_msgs_msg_dds__WrenchStamped_ sample = {0};
    uint32_t length = next() % sizeof bytes;
    for (uint32_t k = 0; k < length; k++) bytes[k] = (uint8_t)next();
    sample.bytes._buffer = bytes;
    sample.bytes._length = sample.bytes._maximum = length;
    dds_write(writer, &sample);
    dds_sleepfor(DDS_USECS(atoi(argv[3])));
  }
  printf("done\n");
  fflush(stdout);
  dds_sleepfor(DDS_MSECS(300));
  dds_delete(participant);
  return 0;
}
