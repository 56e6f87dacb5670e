/*
 * A mobile base under ROS 2, on its wire types; it shares no code with the node.
 *   base twist|stamped|scanner [in [wall]]   a scanner that looks ahead (/scan, 181 rays, 20 Hz) in front of a wall, /estop, somebody who asks
 *                    for velocities on /cmd_vel_in (or `in`) at 100 Hz, and the drive that hears /cmd_vel; scanner: only that
 * Input lines: "ask <vx> <wz>", "mute" (nobody asks), "wall <m>", "estop 0|1", "times" (asked -> heard)
 * Output: "vel <ms> <vx> <wz>" when it changes by more than a millimetre per second, "gap <ms>" with "times"
 */
#define _GNU_SOURCE
#include "dds/dds.h"
#include "ros.h"
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RAYS 181
#define TWIST geometry_msgs_msg_dds__Twist_
#define STAMPED geometry_msgs_msg_dds__TwistStamped_
static dds_entity_t participant;

static dds_entity_t topic_of(const dds_topic_descriptor_t *desc, const char *name) {
  dds_entity_t topic = dds_create_topic(participant, desc, name, NULL, NULL);
  if (topic < 0) { fprintf(stderr, "topic %s: %s\n", name, dds_strretcode(topic)); exit(1); }
  return topic;
}
static dds_entity_t endpoint(const dds_topic_descriptor_t *desc, const char *name, bool writer, bool latched) {
  dds_qos_t *qos = dds_create_qos();
  dds_qset_reliability(qos, DDS_RELIABILITY_RELIABLE, DDS_SECS(1));
  dds_qset_durability(qos, latched ? DDS_DURABILITY_TRANSIENT_LOCAL : DDS_DURABILITY_VOLATILE);
  dds_qset_history(qos, DDS_HISTORY_KEEP_LAST, 8);
  dds_entity_t made = writer ? dds_create_writer(participant, topic_of(desc, name), qos, NULL)
                             : dds_create_reader(participant, topic_of(desc, name), qos, NULL);
  dds_delete_qos(qos);
  return made;
}
static builtin_interfaces_msg_dds__Time_ stamp_of(dds_time_t now) {
  builtin_interfaces_msg_dds__Time_ stamp = {(int32_t)(now / 1000000000), (uint32_t)(now % 1000000000)};
  return stamp;
}
static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  const char *domain = getenv("PEER_DOMAIN");
  participant = dds_create_participant(domain ? (dds_domainid_t)atoi(domain) : 0, NULL, NULL);
  bool stamped = argc > 2 && !strcmp(argv[2], "stamped");
  bool alone = argc > 2 && !strcmp(argv[2], "scanner");
  char in[128];
  snprintf(in, sizeof in, "rt%s", argc > 3 ? argv[3] : "/cmd_vel_in");
  const dds_topic_descriptor_t *desc = stamped ? &geometry_msgs_msg_dds__TwistStamped__desc : &geometry_msgs_msg_dds__Twist__desc;
  dds_entity_t scan = endpoint(&sensor_msgs_msg_dds__LaserScan__desc, "rt/scan", true, false);
  dds_entity_t estop = alone ? 0 : endpoint(&std_msgs_msg_dds__Bool__desc, "rt/estop", true, true);
  dds_entity_t asked = alone ? 0 : endpoint(desc, in, true, false);
  /* a drive that also takes the block level */
  if (!alone) endpoint(&std_msgs_msg_dds__Bool__desc, "rt/cellgate/block", false, false);
  dds_entity_t drive = endpoint(desc, "rt/cmd_vel", false, false);
  dds_entity_t waitset = dds_create_waitset(participant);
  dds_waitset_attach(waitset, dds_create_readcondition(drive, DDS_ANY_STATE), 0);
  fcntl(0, F_SETFL, O_NONBLOCK);
  double vx = 0, wz = 0, wall = argc > 4 ? atof(argv[4]) : 5, seen_vx = -9, seen_wz = -9, us[4000];
  int level = 1, timed = 0, took = 0, mute = 1;
  dds_time_t start = dds_time(), last_heard = start, asked_at = 0, ask_due = start, scan_due = start, estop_due = start;
  printf("ready\n");
  for (;;) {
    char line[256];
    ssize_t got = read(0, line, sizeof line - 1);
    if (got == 0) return 0;
    if (got > 0) {
      line[got] = 0;
      for (char *part = strtok(line, "\n"); part != NULL; part = strtok(NULL, "\n")) {
        if (sscanf(part, "ask %lf %lf", &vx, &wz) == 2) mute = 0;
        if (!strcmp(part, "mute")) mute = 1;
        sscanf(part, "wall %lf", &wall);
        if (sscanf(part, "estop %d", &level) == 1) estop_due = 0;
        if (!strcmp(part, "times")) { timed = 1; took = 0; }
      }
    }
    dds_time_t now = dds_time();
    if (!alone && now >= estop_due) {
      std_msgs_msg_dds__Bool_ value = {.data = level};
      dds_write(estop, &value);
      estop_due = now + DDS_MSECS(100);
    }
    if (now >= scan_due) {
      static float ranges[RAYS];
      for (int i = 0; i < RAYS; i++) {
        double c = cos(-M_PI / 2 + i * M_PI / (RAYS - 1));
        double r = c > 0.01 ? wall / c : 12;
        ranges[i] = (float)((r > 12 ? 11.9 : r) + 0.001 * (rand() % 10) / 10);
      }
      sensor_msgs_msg_dds__LaserScan_ sample = {.header = {.stamp = stamp_of(now), .frame_id = (char *)"laser"}};
      sample.angle_min = (float)(-M_PI / 2);
      sample.angle_max = (float)(M_PI / 2);
      sample.angle_increment = (float)(M_PI / (RAYS - 1));
      sample.range_max = 12;
      sample.ranges._buffer = ranges;
      sample.ranges._length = sample.ranges._maximum = RAYS;
      dds_write(scan, &sample);
      scan_due = now + DDS_MSECS(50);
    }
    if (!mute && now >= ask_due) {
      TWIST twist = {.linear = {vx, 0, 0}, .angular = {0, 0, wz}};
      /* the turn numbers the question, so that its answer is known */
      if (timed) twist.angular.z = (double)(took + 1) / 1e6;
      asked_at = dds_time();
      if (stamped) {
        STAMPED sample = {.header = {.stamp = stamp_of(asked_at), .frame_id = (char *)"base_link"}, .twist = twist};
        dds_write(asked, &sample);
      } else dds_write(asked, &twist);
      ask_due = now + DDS_MSECS(10);
    }
    dds_attach_t ready;
    dds_waitset_wait(waitset, &ready, 1, DDS_MSECS(1));
    void *sample[1] = {NULL};
    dds_sample_info_t info[1];
    while (dds_take(drive, sample, info, 1, 1) == 1) {
      if (info[0].valid_data) {
        now = dds_time();
        TWIST *heard = stamped ? &((STAMPED *)sample[0])->twist : (TWIST *)sample[0];
        if (timed && fabs(heard->angular.z - (double)(took + 1) / 1e6) < 1e-9 && took < 4000) {
          us[took++] = (double)(now - asked_at) / 1000;
          if (took % 100 == 0) {
            double sorted[4000];
            memcpy(sorted, us, sizeof(double) * (size_t)took);
            qsort(sorted, (size_t)took, sizeof *sorted, compare);
            printf("times %d p50 %.0f p99 %.0f\n", took, sorted[took / 2], sorted[took * 99 / 100]);
          }
        }
        if (now - last_heard > DDS_MSECS(400)) printf("gap %.0f\n", (double)(now - last_heard) / 1e6);
        last_heard = now;
        if (!timed && (fabs(heard->linear.x - seen_vx) > 0.001 || fabs(heard->angular.z - seen_wz) > 0.001)) {
          seen_vx = heard->linear.x;
          seen_wz = heard->angular.z;
          printf("vel %.0f %.3f %.3f\n", (double)(now - start) / 1e6, seen_vx, seen_wz);
        }
      }
      dds_return_loan(drive, sample, 1);
      sample[0] = NULL;
    }
  }
}
