// The decision of launch/receiver on the wire types of ROS 2: says each change, and how long after the last heartbeat.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "../../../../../launch/receiver/heartbeat_watch.hpp"
#include "dds/dds.h"
#include "ros.h"

static double now()
{
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

int main(int argc, char ** argv)
{
  const char * domain = std::getenv("PEER_DOMAIN");
  dds_entity_t participant = dds_create_participant(domain ? (dds_domainid_t)std::atoi(domain) : 0, nullptr, nullptr);
  dds_entity_t topic = dds_create_topic(
    participant, &std_msgs_msg_dds__String__desc, argc > 1 ? argv[1] : "rt/cellgate/heartbeat", nullptr, nullptr);
  dds_qos_t * qos = dds_create_qos();
  dds_qset_reliability(qos, DDS_RELIABILITY_RELIABLE, DDS_SECS(1));
  dds_qset_history(qos, DDS_HISTORY_KEEP_LAST, 8);
  dds_entity_t reader = dds_create_reader(participant, topic, qos, nullptr);
  if (reader < 0) return 1;
  cellgate::HeartbeatWatch watch;
  cellgate::Hold last = cellgate::Hold::unreadable;
  double heard = now();
  for (;;) {
    void * sample[1] = {nullptr};
    dds_sample_info_t info[1];
    while (dds_take(reader, sample, info, 1, 1) == 1) {
      if (info[0].valid_data) {
        heard = now();
        watch.hear(static_cast<std_msgs_msg_dds__String_ *>(sample[0])->data, heard);
      }
      dds_return_loan(reader, sample, 1);
      sample[0] = nullptr;
    }
    const cellgate::Hold hold = watch.judge(now());
    if (hold != last) {
      std::printf("%s %.0f %s\n", hold == cellgate::Hold::none ? "moves" : "holds", (now() - heard) * 1000, cellgate::words(hold));
      std::fflush(stdout);
    }
    last = hold;
    dds_sleepfor(DDS_MSECS(5));
  }
}
