/*
 * Two sides of an arm under ROS 2, on its wire types; they share no code with the node.
 *   arm [stubborn|reject]   a trajectory controller with its joint states: /jtc/follow_joint_trajectory,
 *                           /jtc/joint_trajectory, /jtc/speed_scaling_input, /joint_states at 100 Hz; hears
 *                           /cellgate/block and the controller switch; publishes /estop. Input lines:
 *                           "estop 0|1", "push <rad>" (joint 1 is turned away by that), "quit"
 *   sender <action>         sends goals: input lines "goal <kind> [j1 j2 ms]" and "cancel"
 * Every event is one line; the first word says what happened, the number after it when (ms).
 */
#define _GNU_SOURCE
#include "dds/dds.h"
#include "action.h"
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOAL_REQ control_msgs_action_dds__FollowJointTrajectory_SendGoal_Request_
#define GOAL_RES control_msgs_action_dds__FollowJointTrajectory_SendGoal_Response_
#define RESULT_REQ control_msgs_action_dds__FollowJointTrajectory_GetResult_Request_
#define RESULT_RES control_msgs_action_dds__FollowJointTrajectory_GetResult_Response_
#define CANCEL_REQ action_msgs_srv_dds__CancelGoal_Request_
#define CANCEL_RES action_msgs_srv_dds__CancelGoal_Response_
#define FEEDBACK control_msgs_action_dds__FollowJointTrajectory_FeedbackMessage_
#define STATUS action_msgs_msg_dds__GoalStatusArray_
#define TRAJECTORY trajectory_msgs_msg_dds__JointTrajectory_
#define POINT trajectory_msgs_msg_dds__JointTrajectoryPoint_
#define UUID unique_identifier_msgs_msg_dds__UUID_
#define DESC2(type) type##_desc
#define DESC(type) (&DESC2(type))
#ifndef JOINTS
#define JOINTS 2
#define NAMES_LIST "j1", "j2"
#endif
#define MAX_POINTS 4000
enum { ACCEPTED = 1, EXECUTING = 2, SUCCEEDED = 4, CANCELED = 5, ABORTED = 6 };

static dds_entity_t participant;
static dds_time_t started;
static const char *NAMES[JOINTS] = {NAMES_LIST};

static double now_s(void) { return (double)(dds_time() - started) / 1e9; }
static void say(const char *what, const char *format, ...) {
  va_list list;
  va_start(list, format);
  printf("%s %.0f ", what, now_s() * 1000);
  vprintf(format, list);
  printf("\n");
  fflush(stdout);
  va_end(list);
}
static dds_qos_t *qos_of(bool latched, int depth) {
  dds_qos_t *qos = dds_create_qos();
  dds_qset_reliability(qos, DDS_RELIABILITY_RELIABLE, DDS_SECS(1));
  dds_qset_durability(qos, latched ? DDS_DURABILITY_TRANSIENT_LOCAL : DDS_DURABILITY_VOLATILE);
  dds_qset_history(qos, DDS_HISTORY_KEEP_LAST, depth);
  return qos;
}
static dds_entity_t endpoint(const dds_topic_descriptor_t *desc, const char *name, bool writer, bool latched) {
  dds_entity_t topic = dds_create_topic(participant, desc, name, NULL, NULL);
  dds_qos_t *qos = qos_of(latched, latched ? 1 : 64);
  dds_entity_t made = writer ? dds_create_writer(participant, topic, qos, NULL) : dds_create_reader(participant, topic, qos, NULL);
  if (made < 0) { fprintf(stderr, "%s: %s\n", name, dds_strretcode(made)); exit(1); }
  dds_delete_qos(qos);
  return made;
}
static char *path(const char *prefix, const char *action, const char *suffix) {
  static char text[256];
  snprintf(text, sizeof text, "%s%s/_action/%s", prefix, action, suffix);
  return text;
}
/* takes one sample; the caller gives it back */
static void *take(dds_entity_t reader) {
  static dds_sample_info_t info[1];
  void *sample[1] = {NULL};
  while (dds_take(reader, sample, info, 1, 1) == 1) {
    if (info[0].valid_data) return sample[0];
    dds_return_loan(reader, sample, 1);
    sample[0] = NULL;
  }
  return NULL;
}
static void give(dds_entity_t reader, void *sample) { dds_return_loan(reader, &sample, 1); }
/* a line of input, without waiting for one */
static bool line_of(char *line, size_t size) {
  static char kept[512];
  static size_t filled = 0;
  for (;;) {
    char *end = memchr(kept, '\n', filled);
    if (end != NULL) {
      size_t length = (size_t)(end - kept);
      snprintf(line, size, "%.*s", (int)length, kept);
      filled -= length + 1;
      memmove(kept, end + 1, filled);
      return true;
    }
    ssize_t got = read(0, kept + filled, sizeof kept - filled);
    if (got == 0) exit(0);
    if (got < 0) return false;
    filled += (size_t)got;
  }
}

/* ---- the arm ---- */
static double q[JOINTS], from[JOINTS], way[MAX_POINTS][JOINTS], at_s[MAX_POINTS];
static int points = 0;
static double progress = 0, last = 0, scale = 1;
static bool goal_open = false, stubborn = false;
static UUID goal_id;
static RESULT_REQ waiting[16];
static int waiters = 0, ended_status = 0;
static dds_entity_t result_writer, status_writer;

static void load(const TRAJECTORY *t) {
  points = (int)t->points._length < MAX_POINTS ? (int)t->points._length : MAX_POINTS;
  for (int k = 0; k < points; k++) {
    const POINT *p = &t->points._buffer[k];
    at_s[k] = p->time_from_start.sec + p->time_from_start.nanosec / 1e9;
    for (int j = 0; j < JOINTS; j++) {
      int source = j;
      for (uint32_t n = 0; n < t->joint_names._length; n++) if (!strcmp(t->joint_names._buffer[n], NAMES[j])) source = (int)n;
      way[k][j] = p->positions._buffer[source];
    }
  }
  memcpy(from, q, sizeof q);
  progress = 0;
}
static void tell_status(int status) {
  action_msgs_msg_dds__GoalStatus_ one = {.goal_info = {.goal_id = goal_id}, .status = (int8_t)status};
  STATUS list = {.status_list = {._buffer = &one, ._length = 1, ._maximum = 1}};
  dds_write(status_writer, &list);
}
static void end_goal(int status, int code, const char *text) {
  if (!goal_open) return;
  goal_open = false;
  points = 0;
  ended_status = status;
  tell_status(status);
  for (int i = 0; i < waiters; i++) {
    RESULT_RES answer = {.guid = waiting[i].guid, .number = waiting[i].number, .status = (int8_t)status, .result = {code, (char *)text}};
    dds_write(result_writer, &answer);
  }
  waiters = 0;
  say(status == SUCCEEDED ? "arrived" : status == CANCELED ? "canceled" : "aborted", "%.4f %.4f", q[0], q[1]);
}
static void step(double dt) {
  if (points == 0) return;
  progress += dt * scale;
  int k = 0;
  while (k < points && at_s[k] < progress) k++;
  for (int j = 0; j < JOINTS; j++) {
    double a_t = k == 0 ? 0 : at_s[k - 1], a = k == 0 ? from[j] : way[k - 1][j];
    q[j] = k == points ? way[points - 1][j] : a + (way[k][j] - a) * (at_s[k] == a_t ? 1 : (progress - a_t) / (at_s[k] - a_t));
  }
  if (k < points) return;
  points = 0;
  if (goal_open) end_goal(SUCCEEDED, 0, "");
  else say("rest", "%.4f %.4f", q[0], q[1]);
}

static int arm(const char *mode) {
  const char *name = "/jtc/follow_joint_trajectory";
  bool reject = !strcmp(mode, "reject");
  stubborn = !strcmp(mode, "stubborn");
  dds_entity_t goals = endpoint(DESC(GOAL_REQ), path("rq", name, "send_goalRequest"), false, false);
  dds_entity_t goal_writer = endpoint(DESC(GOAL_RES), path("rr", name, "send_goalReply"), true, false);
  dds_entity_t cancels = endpoint(DESC(CANCEL_REQ), path("rq", name, "cancel_goalRequest"), false, false);
  dds_entity_t cancel_writer = endpoint(DESC(CANCEL_RES), path("rr", name, "cancel_goalReply"), true, false);
  dds_entity_t results = endpoint(DESC(RESULT_REQ), path("rq", name, "get_resultRequest"), false, false);
  result_writer = endpoint(DESC(RESULT_RES), path("rr", name, "get_resultReply"), true, false);
  dds_entity_t feedback = endpoint(DESC(FEEDBACK), path("rt", name, "feedback"), true, false);
  status_writer = endpoint(DESC(STATUS), path("rt", name, "status"), true, true);
  dds_entity_t topic = endpoint(DESC(TRAJECTORY), "rt/jtc/joint_trajectory", false, false);
  dds_entity_t scaling = endpoint(&control_msgs_msg_dds__SpeedScalingFactor__desc, "rt/jtc/speed_scaling_input", false, true);
  dds_entity_t block = endpoint(&std_msgs_msg_dds__Bool__desc, "rt/cellgate/block", false, false);
  dds_entity_t sliders = endpoint(&ur_msgs_srv_dds__SetSpeedSliderFraction_Request__desc, "rq/io_and_status_controller/set_speed_sliderRequest", false, false);
  dds_entity_t switches = endpoint(&controller_manager_msgs_srv_dds__SwitchController_Request__desc, "rq/controller_manager/switch_controllerRequest", false, false);
  dds_entity_t states = endpoint(&sensor_msgs_msg_dds__JointState__desc, "rt/joint_states", true, false);
  dds_entity_t estop_writer = endpoint(&std_msgs_msg_dds__Bool__desc, "rt/estop", true, true);
  fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
  bool healthy = true, blocked = false, first_block = true;
  double estop_due = 0, state_due = 0, feedback_due = 0, push = 0;
  say("ready", "");
  last = now_s();
  for (;;) {
    char line[128];
    while (line_of(line, sizeof line)) {
      int value;
      if (sscanf(line, "estop %d", &value) == 1) { healthy = value; estop_due = 0; say("estop", "%d", value); }
      else if (sscanf(line, "push %lf", &push) == 1) say("push", "%.3f", push);
      else if (!strcmp(line, "quit")) return 0;
    }
    GOAL_REQ *g;
    while ((g = take(goals)) != NULL) {
      bool taken = !reject;
      GOAL_RES answer = {.guid = g->guid, .number = g->number, .accepted = taken};
      if (taken) {
        end_goal(ABORTED, -1, "replaced by a newer goal");
        goal_id = g->goal_id;
        load(&g->goal.trajectory);
        goal_open = true;
      }
      dds_write(goal_writer, &answer);
      say(taken ? "goal" : "rejected", "%d points, %u tolerances, %u accelerations", (int)g->goal.trajectory.points._length,
          g->goal.goal_tolerance._length, g->goal.trajectory.points._length ? g->goal.trajectory.points._buffer[0].accelerations._length : 0);
      if (taken) tell_status(EXECUTING);
      give(goals, g);
    }
    RESULT_REQ *r;
    while ((r = take(results)) != NULL) {
      if (waiters < 16) waiting[waiters++] = *r;
      if (!goal_open && ended_status != 0) {
        RESULT_RES answer = {.guid = r->guid, .number = r->number, .status = (int8_t)ended_status, .result = {0, (char *)""}};
        waiters--;
        dds_write(result_writer, &answer);
      }
      give(results, r);
    }
    CANCEL_REQ *c;
    while ((c = take(cancels)) != NULL) {
      say("cancel", "%d", goal_open);
      if (!stubborn) {
        action_msgs_msg_dds__GoalInfo_ info = {.goal_id = goal_id};
        CANCEL_RES answer = {.guid = c->guid, .number = c->number, .return_code = goal_open ? 0 : 2};
        if (goal_open) { answer.goals_canceling._buffer = &info; answer.goals_canceling._length = answer.goals_canceling._maximum = 1; }
        dds_write(cancel_writer, &answer);
        end_goal(CANCELED, 0, "");
      }
      give(cancels, c);
    }
    TRAJECTORY *t;
    while ((t = take(topic)) != NULL) {
      if (!stubborn) { end_goal(ABORTED, 0, "replaced by a topic"); load(t); }
      say(t->points._length == 1 ? "hold" : "trajectory", "%d points", (int)t->points._length);
      give(topic, t);
    }
    control_msgs_msg_dds__SpeedScalingFactor_ *f;
    while ((f = take(scaling)) != NULL) { scale = f->factor; say("scale", "%.2f", scale); give(scaling, f); }
    ur_msgs_srv_dds__SetSpeedSliderFraction_Request_ *slide;
    while ((slide = take(sliders)) != NULL) { scale = slide->speed_slider_fraction; say("slider", "%.2f", scale); give(sliders, slide); }
    std_msgs_msg_dds__Bool_ *b;
    while ((b = take(block)) != NULL) {
      if (first_block || b->data != blocked) say("block", "%d", b->data);
      first_block = false;
      blocked = b->data;
      give(block, b);
    }
    controller_manager_msgs_srv_dds__SwitchController_Request_ *s;
    while ((s = take(switches)) != NULL) {
      say("switch", "%s", s->deactivate_controllers._length ? s->deactivate_controllers._buffer[0] : "");
      end_goal(ABORTED, 0, "controller deactivated");
      points = 0;
      give(switches, s);
    }
    double now = now_s(), before[JOINTS];
    memcpy(before, q, sizeof q);
    step(now - last);
    if (now >= state_due) {
      double velocity[JOINTS], effort[JOINTS] = {0};
      for (int j = 0; j < JOINTS; j++) velocity[j] = now > last ? (q[j] - before[j]) / (now - last) : 0;
      dds_time_t wall = dds_time();
      sensor_msgs_msg_dds__JointState_ state = {.header = {.stamp = {(int32_t)(wall / 1000000000), (uint32_t)(wall % 1000000000)}, .frame_id = (char *)""}};
      state.name._buffer = (char **)NAMES;
      double seen[JOINTS];
      memcpy(seen, q, sizeof seen);
      seen[0] += push;
      state.position._buffer = seen;
      state.velocity._buffer = velocity;
      state.effort._buffer = effort;
      state.name._length = state.name._maximum = state.position._length = state.position._maximum = JOINTS;
      state.velocity._length = state.velocity._maximum = state.effort._length = state.effort._maximum = JOINTS;
      dds_write(states, &state);
      state_due = now + 0.01;
    }
    if (now >= estop_due) {
      std_msgs_msg_dds__Bool_ sample = {.data = healthy};
      dds_write(estop_writer, &sample);
      estop_due = now + 0.05;
    }
    if (goal_open && now >= feedback_due) {
      FEEDBACK message;
      memset(&message, 0, sizeof message);
      message.goal_id = goal_id;
      message.feedback.header.frame_id = (char *)"";
      message.feedback.joint_names._buffer = (char **)NAMES;
      message.feedback.joint_names._length = message.feedback.joint_names._maximum = JOINTS;
      message.feedback.actual.positions._buffer = q;
      message.feedback.actual.positions._length = message.feedback.actual.positions._maximum = JOINTS;
      dds_write(feedback, &message);
      feedback_due = now + 0.05;
    }
    last = now;
    dds_sleepfor(DDS_MSECS(2));
  }
}

/* ---- who sends goals ---- */
static void fill(GOAL_REQ *request, const char *kind, double j1, double j2, int ms) {
  static double positions[10000][4], accelerations[2];
  static POINT list[10000];
  static char *names[4] = {(char *)"j1", (char *)"j2", (char *)"j3", (char *)"j4"}, *turned[2] = {(char *)"j2", (char *)"j1"}, *strange[2] = {(char *)"a", (char *)"b"};
  uint32_t count = 1, joints = JOINTS;
  char **use = names;
  memset(list, 0, sizeof list);
  if (!strcmp(kind, "empty")) count = 0;
  if (!strcmp(kind, "many")) count = 1999;
  if (!strcmp(kind, "toomany")) count = 10000;
  if (!strcmp(kind, "count")) joints = 3;
  if (!strcmp(kind, "turned")) use = turned;
  if (!strcmp(kind, "strange")) use = strange;
  if (!strcmp(kind, "backward") || !strcmp(kind, "path")) count = 3;
  for (uint32_t k = 0; k < count; k++) {
    double u = (double)(k + 1) / count;
    positions[k][0] = use == turned ? j2 * u : j1 * u;
    positions[k][1] = use == turned ? j1 * u : j2 * u;
    if (!strcmp(kind, "nan")) positions[k][1] = NAN;
    if (!strcmp(kind, "inf")) positions[k][0] = INFINITY;
    if (!strcmp(kind, "fast")) positions[k][0] = 2.9;
    list[k].positions._buffer = positions[k];
    list[k].positions._length = list[k].positions._maximum = !strcmp(kind, "short") ? 1 : joints;
    if (!strcmp(kind, "path")) {
      list[k].accelerations._buffer = accelerations;
      list[k].accelerations._length = list[k].accelerations._maximum = JOINTS;
    }
    int64_t t = (int64_t)(ms * u * 1000000.0);
    if (!strcmp(kind, "backward") && k == 1) t = (int64_t)ms * 2000000;
    if (!strcmp(kind, "negative")) t = -1000000000;
    if (!strcmp(kind, "fast")) t = 10000000;
    list[k].time_from_start.sec = (int32_t)(t / 1000000000);
    list[k].time_from_start.nanosec = (uint32_t)(t % 1000000000 < 0 ? 0 : t % 1000000000);
  }
  TRAJECTORY *trajectory = &request->goal.trajectory;
  trajectory->header.frame_id = (char *)"";
  if (!strcmp(kind, "later")) trajectory->header.stamp.sec = 2000000000;
  request->goal.multi_dof_trajectory.header.frame_id = (char *)"";
  trajectory->joint_names._buffer = use;
  trajectory->joint_names._length = trajectory->joint_names._maximum = joints;
  trajectory->points._buffer = list;
  trajectory->points._length = trajectory->points._maximum = count;
}

static int sender(const char *name) {
  dds_entity_t goals = endpoint(DESC(GOAL_REQ), path("rq", name, "send_goalRequest"), true, false);
  dds_entity_t accepted = endpoint(DESC(GOAL_RES), path("rr", name, "send_goalReply"), false, false);
  dds_entity_t cancels = endpoint(DESC(CANCEL_REQ), path("rq", name, "cancel_goalRequest"), true, false);
  dds_entity_t canceled = endpoint(DESC(CANCEL_RES), path("rr", name, "cancel_goalReply"), false, false);
  dds_entity_t ask = endpoint(DESC(RESULT_REQ), path("rq", name, "get_resultRequest"), true, false);
  dds_entity_t results = endpoint(DESC(RESULT_RES), path("rr", name, "get_resultReply"), false, false);
  dds_entity_t feedback = endpoint(DESC(FEEDBACK), path("rt", name, "feedback"), false, false);
  fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
  dds_publication_matched_status_t matched = {0};
  while (matched.current_count == 0) { dds_sleepfor(DDS_MSECS(5)); dds_get_publication_matched_status(goals, &matched); }
  dds_sleepfor(DDS_MSECS(300));
  dds_instance_handle_t me, asker;
  dds_get_instance_handle(goals, &me);
  dds_get_instance_handle(ask, &asker);
  int64_t number = 0;
  int heard = 0;
  static UUID ids[4096];
  say("ready", "");
  for (;;) {
    char line[128], kind[32];
    while (line_of(line, sizeof line)) {
      double j1 = 0.3, j2 = 0.2;
      int ms = 1500;
      if (sscanf(line, "goal %31s %lf %lf %d", kind, &j1, &j2, &ms) >= 1) {
        static GOAL_REQ request;
        memset(&request, 0, sizeof request);
        request.guid = me;
        request.number = ++number;
        if (strcmp(kind, "again")) for (int i = 0; i < 16; i++) ids[number % 4096].uuid[i] = (uint8_t)rand();
        else ids[number % 4096] = ids[(number - 1) % 4096];
        request.goal_id = ids[number % 4096];
        fill(&request, kind, j1, j2, ms);
        dds_return_t rc = dds_write(goals, &request);
        say("sent", "%ld %s %s", (long)number, kind, rc == 0 ? "" : dds_strretcode(rc));
      } else if (!strcmp(line, "cancel")) {
        CANCEL_REQ request = {.guid = me, .number = number, .goal_info = {.goal_id = ids[number % 4096]}};
        dds_write(cancels, &request);
        say("asked", "cancel %ld", (long)number);
      } else if (!strcmp(line, "quit")) return 0;
    }
    GOAL_RES *g;
    while ((g = take(accepted)) != NULL) {
      if (g->guid == me) {
        say(g->accepted ? "accepted" : "refused", "%ld", (long)g->number);
        RESULT_REQ request = {.guid = asker, .number = g->number, .goal_id = ids[g->number % 4096]};
        if (g->accepted) dds_write(ask, &request);
      }
      give(accepted, g);
    }
    RESULT_RES *r;
    while ((r = take(results)) != NULL) {
      if (r->guid == asker) say("result", "%ld status %d code %d %s", (long)r->number, r->status, r->result.error_code, r->result.error_string);
      give(results, r);
    }
    CANCEL_RES *c;
    while ((c = take(canceled)) != NULL) { say("canceling", "%u code %d", c->goals_canceling._length, c->return_code); give(canceled, c); }
    FEEDBACK *f;
    while ((f = take(feedback)) != NULL) { if (heard++ % 10 == 0) say("feedback", "%.3f", f->feedback.actual.positions._length ? f->feedback.actual.positions._buffer[0] : -1); give(feedback, f); }
    dds_sleepfor(DDS_MSECS(1));
  }
}

int main(int argc, char **argv) {
  const char *domain = getenv("PEER_DOMAIN");
  started = dds_time();
  srand((unsigned)started);
  participant = dds_create_participant(domain ? (dds_domainid_t)atoi(domain) : 0, NULL, NULL);
  if (participant < 0 || argc < 2) return 1;
  if (!strcmp(argv[1], "arm")) return arm(argc > 2 ? argv[2] : "");
  if (!strcmp(argv[1], "sender") && argc == 3) return sender(argv[2]);
  return 2;
}
