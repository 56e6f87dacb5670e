// Stops an arm when cellgate's heartbeat is missing, stands, or forbids motion; also when cellgate was killed.
// It holds the measured pose on the controller's trajectory topic, and says so as a level for a safe-stop input.
//
//   ros2 run cellgate receiver --ros-args -r heartbeat:=/cellgate/heartbeat -r joint_states:=/joint_states
//       -r hold:=/joint_trajectory_controller/joint_trajectory -r blocked:=/cellgate/receiver_blocked
//
// Not a safety-rated device: the emergency stop stays hardwired.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "heartbeat_watch.hpp"
#include "rclcpp/rclcpp.hpp"
#include "sensor_msgs/msg/joint_state.hpp"
#include "std_msgs/msg/bool.hpp"
#include "std_msgs/msg/string.hpp"
#include "trajectory_msgs/msg/joint_trajectory.hpp"

class Receiver : public rclcpp::Node
{
public:
  Receiver()
  : rclcpp::Node("cellgate_receiver"),
    watch_(declare_parameter("period", 0.05), static_cast<int>(declare_parameter("misses", 3))),
    joints_(declare_parameter("joints", std::vector<std::string>{}))
  {
    hold_ = create_publisher<trajectory_msgs::msg::JointTrajectory>("hold", 1);
    blocked_ = create_publisher<std_msgs::msg::Bool>("blocked", rclcpp::QoS(1).transient_local());
    heartbeat_ = create_subscription<std_msgs::msg::String>(
      "heartbeat", 8,
      [this](const std_msgs::msg::String & message) { watch_.hear(message.data, monotonic()); });
    states_ = create_subscription<sensor_msgs::msg::JointState>(
      "joint_states", rclcpp::SensorDataQoS(),
      [this](const sensor_msgs::msg::JointState & message) { state_ = message; });
    // wall time: a simulated clock that stands must not hide a heartbeat that is missing
    timer_ = create_wall_timer(std::chrono::milliseconds(20), [this]() { look(); });
  }

private:
  static double monotonic()
  {
    using namespace std::chrono;
    return duration<double>(steady_clock::now().time_since_epoch()).count();
  }
  void look()
  {
    const cellgate::Hold now = watch_.judge(monotonic());
    if (now != last_) RCLCPP_WARN(get_logger(), "%s", cellgate::words(now));
    last_ = now;
    std_msgs::msg::Bool level;
    level.data = now != cellgate::Hold::none;
    blocked_->publish(level);
    // while the node itself blocks it holds the arm; this one holds when there is no word from it
    if (now == cellgate::Hold::none || now == cellgate::Hold::not_permitted) return;
    trajectory_msgs::msg::JointTrajectory stop;
    trajectory_msgs::msg::JointTrajectoryPoint point;
    for (std::size_t i = 0; i < state_.name.size() && i < state_.position.size(); i++) {
      if (!joints_.empty() && std::find(joints_.begin(), joints_.end(), state_.name[i]) == joints_.end()) continue;
      stop.joint_names.push_back(state_.name[i]);
      point.positions.push_back(state_.position[i]);
      point.velocities.push_back(0.0);
    }
    if (stop.joint_names.empty()) return;
    point.time_from_start.nanosec = 100000000;
    stop.points.push_back(point);
    hold_->publish(stop);
  }

  cellgate::HeartbeatWatch watch_;
  std::vector<std::string> joints_;
  cellgate::Hold last_ = cellgate::Hold::never_heard;
  sensor_msgs::msg::JointState state_;
  rclcpp::Publisher<trajectory_msgs::msg::JointTrajectory>::SharedPtr hold_;
  rclcpp::Publisher<std_msgs::msg::Bool>::SharedPtr blocked_;
  rclcpp::Subscription<std_msgs::msg::String>::SharedPtr heartbeat_;
  rclcpp::Subscription<sensor_msgs::msg::JointState>::SharedPtr states_;
  rclcpp::TimerBase::SharedPtr timer_;
};

int main(int argc, char ** argv)
{
  rclcpp::init(argc, argv);
  rclcpp::spin(std::make_shared<Receiver>());
  rclcpp::shutdown();
  return 0;
}
