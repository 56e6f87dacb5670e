// Decides, from nothing but cellgate's heartbeat and the time, whether the robot may move. Plain C++17, no ROS:
// the node beside this file and the test of it share these lines.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <string>

namespace cellgate {

enum class Hold { none, never_heard, missing, standing, not_permitted, unreadable };

inline const char * words(Hold hold)
{
  switch (hold) {
    case Hold::none: return "may move";
    case Hold::never_heard: return "no heartbeat yet";
    case Hold::missing: return "heartbeat missing";
    case Hold::standing: return "heartbeat does not count";
    case Hold::not_permitted: return "the cell does not permit motion";
    case Hold::unreadable: return "heartbeat not readable";
  }
  return "unknown";
}

class HeartbeatWatch
{
public:
  // period: of the heartbeat, seconds; misses: periods without a counter that moves
  explicit HeartbeatWatch(double period = 0.05, int misses = 3)
  : limit_(period * misses) {}

  // The text of one std_msgs/String, and when it came (any monotonic clock, seconds).
  void hear(const std::string & text, double now)
  {
    long long counter = 0;
    bool may_move = false;
    if (!number(text, "\"counter\":", counter) || !truth(text, "\"mayMove\":", may_move)) {
      readable_ = false;
      return;
    }
    readable_ = true;
    heard_at_ = now;
    may_move_ = may_move;
    // a smaller counter is a node that has started again: it moves too
    if (!known_ || counter != counter_) moved_at_ = now;
    known_ = true;
    counter_ = counter;
  }

  // Asked at least once per period: also silence has to be noticed.
  Hold judge(double now) const
  {
    if (!readable_) return Hold::unreadable;
    if (!known_) return Hold::never_heard;
    if (!(now - heard_at_ <= limit_)) return Hold::missing;
    if (!(now - moved_at_ <= limit_)) return Hold::standing;
    return may_move_ ? Hold::none : Hold::not_permitted;
  }

private:
  static bool number(const std::string & text, const char * key, long long & value)
  {
    const std::size_t at = text.find(key);
    if (at == std::string::npos) return false;
    const char * begin = text.c_str() + at + std::char_traits<char>::length(key);
    char * end = nullptr;
    value = std::strtoll(begin, &end, 10);
    return end != begin && value >= 0;
  }
  static bool truth(const std::string & text, const char * key, bool & value)
  {
    const std::size_t at = text.find(key);
    if (at == std::string::npos) return false;
    const std::size_t from = at + std::char_traits<char>::length(key);
    value = text.compare(from, 4, "true") == 0;
    return value || text.compare(from, 5, "false") == 0;
  }

  double limit_, heard_at_ = 0, moved_at_ = 0;
  long long counter_ = 0;
  bool known_ = false, readable_ = true, may_move_ = false;
};

}  // namespace cellgate
