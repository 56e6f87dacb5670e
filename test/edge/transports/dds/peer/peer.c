/*
 * A DDS peer that shares no code with the node: typed C structs from IDL.
 *   echo reliable|best              every type: rt/in/<type> -> struct -> rt/out/<type>, values printed
 *   wrench <topic> <n> <us> <qos>   n WrenchStamped, force.x counts from 0; several topics with commas
 *   count <topics> <seconds>        counts WrenchStamped and gaps in force.x, tells its processor time
 *   scan <topic> <n> <qos>          LaserScan of 80 KB
 *   bool <topic> <0|1> <qos>        publishes once and stays until its input ends; each input line "0" or "1" publishes again
 *   hear <topic>                    prints each Bool
 *   policy <topic> <ms>             a policy: each <ms> a stretch of 12 rows of all joints from where the arm is measured, joint 1
 *                                   on with up to 0.3 rad/s; input line "jump": the next one begins half a radian away, "end"
 *   ping <n> <us> | pong            round trip rt/estop -> rt/block
 * qos: best | reliable | latched
 */
#define _GNU_SOURCE
#include "dds/dds.h"
#include "dds/ddsi/ddsi_serdata.h"
#include "ros.h"
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct type { const char *name; const dds_topic_descriptor_t *desc; dds_entity_t reader, writer; };
static struct type types[] = {
  {"Bool", &std_msgs_msg_dds__Bool__desc, 0, 0}, {"UInt8", &std_msgs_msg_dds__UInt8__desc, 0, 0},
  {"Int32", &std_msgs_msg_dds__Int32__desc, 0, 0}, {"UInt64", &std_msgs_msg_dds__UInt64__desc, 0, 0},
  {"Float32", &std_msgs_msg_dds__Float32__desc, 0, 0}, {"Float64", &std_msgs_msg_dds__Float64__desc, 0, 0},
  {"String", &std_msgs_msg_dds__String__desc, 0, 0},
  {"Float64MultiArray", &std_msgs_msg_dds__Float64MultiArray__desc, 0, 0},
  {"Wrench", &geometry_msgs_msg_dds__Wrench__desc, 0, 0},
  {"WrenchStamped", &geometry_msgs_msg_dds__WrenchStamped__desc, 0, 0},
  {"Twist", &geometry_msgs_msg_dds__Twist__desc, 0, 0},
  {"TwistStamped", &geometry_msgs_msg_dds__TwistStamped__desc, 0, 0},
  {"Range", &sensor_msgs_msg_dds__Range__desc, 0, 0},
  {"LaserScan", &sensor_msgs_msg_dds__LaserScan__desc, 0, 0},
  {"JointState", &sensor_msgs_msg_dds__JointState__desc, 0, 0},
  {"Odometry", &nav_msgs_msg_dds__Odometry__desc, 0, 0},
  {"JointTrajectory", &trajectory_msgs_msg_dds__JointTrajectory__desc, 0, 0},
  {"SafetyMode", &ur_dashboard_msgs_msg_dds__SafetyMode__desc, 0, 0},
};
static const size_t type_count = sizeof types / sizeof *types;
static dds_entity_t participant;

static dds_qos_t *qos_of(const char *name, int depth) {
  dds_qos_t *qos = dds_create_qos();
  dds_qset_reliability(qos, strcmp(name, "best") ? DDS_RELIABILITY_RELIABLE : DDS_RELIABILITY_BEST_EFFORT, DDS_SECS(1));
  dds_qset_durability(qos, strcmp(name, "latched") ? DDS_DURABILITY_VOLATILE : DDS_DURABILITY_TRANSIENT_LOCAL);
  dds_qset_history(qos, DDS_HISTORY_KEEP_LAST, depth);
  return qos;
}
static dds_entity_t topic_of(const dds_topic_descriptor_t *desc, const char *name) {
  dds_entity_t topic = dds_create_topic(participant, desc, name, NULL, NULL);
  if (topic < 0) { fprintf(stderr, "topic %s: %s\n", name, dds_strretcode(topic)); exit(1); }
  return topic;
}
static void say(const char *text) { printf("%s\n", text); fflush(stdout); }
static void wait_for_reader(dds_entity_t writer) {
  dds_publication_matched_status_t matched = {0};
  while (matched.current_count == 0) { dds_sleepfor(DDS_MSECS(5)); dds_get_publication_matched_status(writer, &matched); }
}

static int echo(const char *quality) {
  dds_entity_t waitset = dds_create_waitset(participant);
  for (size_t i = 0; i < type_count; i++) {
    char name[96];
    dds_qos_t *qos = qos_of(quality, 32);
    snprintf(name, sizeof name, "rt/in/%s", types[i].name);
    types[i].reader = dds_create_reader(participant, topic_of(types[i].desc, name), qos, NULL);
    snprintf(name, sizeof name, "rt/out/%s", types[i].name);
    types[i].writer = dds_create_writer(participant, topic_of(types[i].desc, name), qos, NULL);
    dds_waitset_attach(waitset, dds_create_readcondition(types[i].reader, DDS_ANY_STATE), (dds_attach_t)i);
    dds_delete_qos(qos);
  }
  say("ready");
  for (;;) {
    dds_attach_t ready[64];
    dds_return_t n = dds_waitset_wait(waitset, ready, 64, DDS_SECS(30));
    if (n <= 0) return 0;
    for (dds_return_t k = 0; k < n; k++) {
      struct type *type = &types[ready[k]];
      struct ddsi_serdata *raw[1];
      dds_sample_info_t info[1];
      static char text[1 << 20];
      while (dds_readcdr(type->reader, raw, 1, info, DDS_NOT_READ_SAMPLE_STATE) == 1) {
        if (info[0].valid_data && ddsi_serdata_size(raw[0]) < 8192) {
          ddsi_serdata_print(raw[0], text, sizeof text);
          printf("%s %s\n", type->name, text);
          fflush(stdout);
        }
        ddsi_serdata_unref(raw[0]);
      }
      void *sample[1] = {NULL};
      while (dds_take(type->reader, sample, info, 1, 1) == 1) {
        if (info[0].valid_data) dds_write(type->writer, sample[0]);
        dds_return_loan(type->reader, sample, 1);
        sample[0] = NULL;
      }
    }
  }
}

static int wrench(char *topics, int n, int period_us, const char *quality) {
  dds_entity_t writers[16];
  int count = 0;
  for (char *name = strtok(topics, ","); name != NULL && count < 16; name = strtok(NULL, ",")) {
    dds_qos_t *qos = qos_of(quality, 1000);
    writers[count++] = dds_create_writer(participant, topic_of(&geometry_msgs_msg_dds__WrenchStamped__desc, name), qos, NULL);
    dds_delete_qos(qos);
  }
  for (int w = 0; w < count; w++) wait_for_reader(writers[w]);
  dds_sleepfor(DDS_MSECS(200));
  say("begin");
  dds_time_t due = dds_time();
  for (int i = 0; i < n; i++) {
    dds_time_t now = dds_time();
    geometry_msgs_msg_dds__WrenchStamped_ sample = {
      .header = {.stamp = {(int32_t)(now / 1000000000), (uint32_t)(now % 1000000000)}, .frame_id = (char *)"tool0"},
      .wrench = {{i, 2, 3}, {4, 5, 6}}};
    for (int w = 0; w < count; w++) dds_write(writers[w], &sample);
    due += DDS_USECS(period_us);
    if (due > dds_time()) dds_sleepfor(due - dds_time());
  }
  say("done");
  dds_sleepfor(DDS_MSECS(500));
  return 0;
}

static int count_wrench(char *topics, double seconds) {
  dds_entity_t readers[16], waitset = dds_create_waitset(participant);
  double expected[16] = {0};
  int count = 0, received = 0, gaps = 0;
  for (char *name = strtok(topics, ","); name != NULL && count < 16; name = strtok(NULL, ",")) {
    dds_qos_t *qos = qos_of("reliable", 1000);
    readers[count] = dds_create_reader(participant, topic_of(&geometry_msgs_msg_dds__WrenchStamped__desc, name), qos, NULL);
    dds_waitset_attach(waitset, dds_create_readcondition(readers[count], DDS_ANY_STATE), count);
    dds_delete_qos(qos);
    count++;
  }
  say("ready");
  dds_time_t end = dds_time() + (dds_time_t)(seconds * 1e9);
  clock_t before = clock();
  while (dds_time() < end) {
    dds_attach_t ready[16];
    dds_return_t n = dds_waitset_wait(waitset, ready, 16, DDS_MSECS(100));
    for (dds_return_t k = 0; k < n; k++) {
      void *sample[1] = {NULL};
      dds_sample_info_t info[1];
      while (dds_take(readers[ready[k]], sample, info, 1, 1) == 1) {
        if (info[0].valid_data) {
          geometry_msgs_msg_dds__WrenchStamped_ *w = sample[0];
          if (w->wrench.force.x != expected[ready[k]]) gaps++;
          expected[ready[k]] = w->wrench.force.x + 1;
          received++;
        }
        dds_return_loan(readers[ready[k]], sample, 1);
        sample[0] = NULL;
      }
    }
  }
  printf("{\"received\":%d,\"gaps\":%d,\"cpuS\":%.3f}\n", received, gaps, (double)(clock() - before) / CLOCKS_PER_SEC);
  return 0;
}

#define RAYS 8192
#define INTENSITIES 12288
static int scan(const char *name, int n, const char *quality) {
  static float ranges[RAYS], intensities[INTENSITIES];
  dds_qos_t *qos = qos_of(quality, 16);
  dds_entity_t writer = dds_create_writer(participant, topic_of(&sensor_msgs_msg_dds__LaserScan__desc, name), qos, NULL);
  wait_for_reader(writer);
  dds_sleepfor(DDS_MSECS(200));
  for (int i = 0; i < n; i++) {
    for (int r = 0; r < RAYS; r++) ranges[r] = 1.0f + (float)((r + i) % 100) * 0.01f;
    sensor_msgs_msg_dds__LaserScan_ sample = {.header = {.stamp = {1, (uint32_t)i}, .frame_id = (char *)"laser"}};
    sample.angle_min = 0;
    sample.angle_increment = 0.0005f;
    sample.range_max = 30;
    sample.ranges._buffer = ranges;
    sample.ranges._length = sample.ranges._maximum = RAYS;
    sample.intensities._buffer = intensities;
    sample.intensities._length = sample.intensities._maximum = INTENSITIES;
    dds_write(writer, &sample);
    dds_sleepfor(DDS_MSECS(20));
  }
  say("done");
  dds_sleepfor(DDS_MSECS(500));
  return 0;
}

static int boolean(const char *name, int value, const char *quality) {
  dds_qos_t *qos = qos_of(quality, 1);
  dds_entity_t writer = dds_create_writer(participant, topic_of(&std_msgs_msg_dds__Bool__desc, name), qos, NULL);
  char line[16];
  for (;;) {
    std_msgs_msg_dds__Bool_ sample = {.data = value};
    dds_write(writer, &sample);
    say("written");
    if (fgets(line, sizeof line, stdin) == NULL) return 0;
    value = atoi(line);
  }
}

static int hear(const char *name) {
  dds_qos_t *qos = qos_of("reliable", 100);
  dds_entity_t reader = dds_create_reader(participant, topic_of(&std_msgs_msg_dds__Bool__desc, name), qos, NULL);
  dds_entity_t waitset = dds_create_waitset(participant);
  dds_waitset_attach(waitset, dds_create_readcondition(reader, DDS_ANY_STATE), 0);
  say("ready");
  dds_attach_t ready;
  while (dds_waitset_wait(waitset, &ready, 1, DDS_SECS(30)) > 0) {
    std_msgs_msg_dds__Bool_ value;
    void *sample[1] = {&value};
    dds_sample_info_t info[1];
    while (dds_take(reader, sample, info, 1, 1) == 1)
      if (info[0].valid_data) say(value.data ? "1" : "0");
  }
  return 0;
}

#define ROWS 12
static int policy(const char *name, int period_ms) {
  dds_qos_t *qos = qos_of("reliable", 8);
  dds_entity_t writer = dds_create_writer(participant, topic_of(&std_msgs_msg_dds__Float64MultiArray__desc, name), qos, NULL);
  dds_entity_t reader = dds_create_reader(participant, topic_of(&sensor_msgs_msg_dds__JointState__desc, "rt/joint_states"), qos, NULL);
  wait_for_reader(writer);
  fcntl(0, F_SETFL, O_NONBLOCK);
  say("ready");
  double at[8] = {0}, speed[8] = {0}, offset = 0;
  uint32_t joints = 0;
  for (;;) {
    char line[64];
    ssize_t got = read(0, line, sizeof line - 1);
    if (got == 0) return 0;
    if (got > 0) { line[got] = 0; if (strstr(line, "end")) return 0; offset = strstr(line, "jump") ? 0.5 : 0; }
    bool heard = false;
    void *sample[1] = {NULL};
    dds_sample_info_t info[1];
    while (dds_take(reader, sample, info, 1, 1) == 1) {
      sensor_msgs_msg_dds__JointState_ *state = sample[0];
      joints = state->position._length;
      if (info[0].valid_data && joints <= 8 && state->velocity._length == joints) {
        for (uint32_t j = 0; j < joints; j++) { at[j] = state->position._buffer[j]; speed[j] = state->velocity._buffer[j]; }
        heard = true;
      }
      dds_return_loan(reader, sample, 1);
      sample[0] = NULL;
    }
    if (heard) {
      double rows[8 * ROWS], v = speed[0], q = at[0] + offset;
      for (int k = 0; k < ROWS; k++) {
        v += v < 0.3 ? 0.03 : -0.03;
        q += v * 0.04;
        for (uint32_t j = 0; j < joints; j++) rows[joints * (uint32_t)k + j] = j == 0 ? q : at[j];
      }
      std_msgs_msg_dds__Float64MultiArray_ chunk = {0};
      chunk.data._buffer = rows;
      chunk.data._length = chunk.data._maximum = joints * ROWS;
      dds_write(writer, &chunk);
      if (offset != 0) { say("jumped"); offset = 0; }
    }
    dds_sleepfor(DDS_MSECS(period_ms));
  }
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}
static int pingpong(int n, int pause_us) {
  dds_qos_t *qos = qos_of("reliable", 1);
  dds_qos_t *asked = qos_of(n > 0 ? "latched" : "reliable", 1);
  dds_entity_t estop = topic_of(&std_msgs_msg_dds__Bool__desc, "rt/estop"), block = topic_of(&std_msgs_msg_dds__Bool__desc, "rt/block");
  dds_entity_t writer = dds_create_writer(participant, n > 0 ? estop : block, n > 0 ? asked : qos, NULL);
  dds_entity_t reader = dds_create_reader(participant, n > 0 ? block : estop, qos, NULL);
  dds_entity_t waitset = dds_create_waitset(participant);
  dds_waitset_attach(waitset, dds_create_readcondition(reader, DDS_ANY_STATE), 0);
  say("ready");
  dds_attach_t ready;
  std_msgs_msg_dds__Bool_ value;
  void *sample[1] = {&value};
  dds_sample_info_t info[1];
  if (n == 0) {
    while (dds_waitset_wait(waitset, &ready, 1, DDS_SECS(20)) > 0)
      while (dds_take(reader, sample, info, 1, 1) == 1)
        if (info[0].valid_data) { value.data = !value.data; dds_write(writer, &value); }
    return 0;
  }
  wait_for_reader(writer);
  dds_sleepfor(DDS_MSECS(500));
  double *us = malloc((size_t)n * sizeof *us);
  int got = 0;
  for (int i = 0; i < n; i++) {
    /* pressed every second time; only that is answered by a block */
    std_msgs_msg_dds__Bool_ pressed = {.data = false}, free_ = {.data = true};
    while (dds_take(reader, sample, info, 1, 1) == 1) {}
    dds_time_t start = dds_time();
    dds_write(writer, &pressed);
    bool answered = false;
    while (!answered && dds_waitset_wait(waitset, &ready, 1, DDS_MSECS(200)) > 0)
      while (dds_take(reader, sample, info, 1, 1) == 1)
        if (info[0].valid_data && value.data) answered = true;
    if (answered) us[got++] = (double)(dds_time() - start) / 1000.0;
    dds_write(writer, &free_);
    dds_sleepfor(DDS_USECS(pause_us));
  }
  if (got == 0) { say("none"); return 1; }
  qsort(us, (size_t)got, sizeof *us, compare);
  printf("{\"n\":%d,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f}\n", got, us[got / 2], us[got * 9 / 10], us[got * 99 / 100], us[got - 1]);
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  const char *domain = getenv("PEER_DOMAIN");
  participant = dds_create_participant(domain ? (dds_domainid_t)atoi(domain) : 0, NULL, NULL);
  if (participant < 0) { fprintf(stderr, "participant: %s\n", dds_strretcode(participant)); return 1; }
  int rc = 2;
  if (!strcmp(argv[1], "echo") && argc == 3) rc = echo(argv[2]);
  else if (!strcmp(argv[1], "wrench") && argc == 6) rc = wrench(argv[2], atoi(argv[3]), atoi(argv[4]), argv[5]);
  else if (!strcmp(argv[1], "count") && argc == 4) rc = count_wrench(argv[2], atof(argv[3]));
  else if (!strcmp(argv[1], "scan") && argc == 5) rc = scan(argv[2], atoi(argv[3]), argv[4]);
  else if (!strcmp(argv[1], "bool") && argc == 5) rc = boolean(argv[2], atoi(argv[3]), argv[4]);
  else if (!strcmp(argv[1], "hear") && argc == 3) rc = hear(argv[2]);
  else if (!strcmp(argv[1], "policy") && argc == 4) rc = policy(argv[2], atoi(argv[3]));
  else if (!strcmp(argv[1], "ping") && argc == 4) rc = pingpong(atoi(argv[2]), atoi(argv[3]));
  else if (!strcmp(argv[1], "pong")) rc = pingpong(0, 0);
  dds_delete(participant);
  return rc;
}
