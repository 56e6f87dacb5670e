// Steps a Gazebo 11 world by commands that come over a UNIX socket and answers one frame per step. The
// physics thread waits for its next command, so the world has no time of its own: the same commands give
// the same frames, bit for bit. Widths and places of the rows are those of sim/engine.ts.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include <gazebo/common/Events.hh>
#include <gazebo/common/Plugin.hh>
#include <gazebo/physics/Collision.hh>
#include <gazebo/physics/Contact.hh>
#include <gazebo/physics/ContactManager.hh>
#include <gazebo/physics/Inertial.hh>
#include <gazebo/physics/Joint.hh>
#include <gazebo/physics/JointWrench.hh>
#include <gazebo/physics/Link.hh>
#include <gazebo/physics/Model.hh>
#include <gazebo/physics/MultiRayShape.hh>
#include <gazebo/physics/PhysicsEngine.hh>
#include <gazebo/physics/World.hh>
#include <gazebo/sensors/RaySensor.hh>
#include <gazebo/sensors/SensorManager.hh>

namespace {
constexpr uint32_t kMagic = 0x43474c31;  // "CGL1"
constexpr uint32_t kStart = 1;
constexpr uint32_t kSteps = 2;
constexpr uint32_t kVersion = 1;
constexpr size_t kArm = 6;
constexpr size_t kPerson = 5;
constexpr size_t kJoints = kArm + kPerson;
constexpr size_t kCommandWidth = 50;
constexpr size_t kFrameWidth = 38;
constexpr double kPayloadMin = 1e-3;
constexpr size_t kFlushBytes = 1 << 16;

enum Command { Q = 0, QD = 6, TORQUE = 12, PERSON = 18, PERSON_V = 23, PERSON_F = 28, PULL = 33, PAYLOAD = 36, DISTURB = 44 };
enum Frame { F_Q = 0, F_QD = 6, F_TORQUE = 12, F_WRENCH = 18, F_PERSON = 24, F_PERSON_V = 29, F_FORCE = 34, F_CONTACTS = 35, F_SCANNED = 36, F_STEP = 37 };

struct Header {
  uint32_t magic, kind, count, scanEvery;
};
}  // namespace

namespace gazebo {
class CellgateLockstep : public WorldPlugin {
 public:
  void Load(physics::WorldPtr world, sdf::ElementPtr sdf) override {
    world_ = world;
    Read(sdf->Get<std::string>("joints"), names_);
    Read(sdf->Get<std::string>("stiffness"), stiffness_);
    Read(sdf->Get<std::string>("damping"), damping_);
    bodyZ_ = sdf->Get<double>("body_z");
    toolLength_ = sdf->Get<double>("tool_length");
    rays_ = sdf->Get<unsigned>("rays");
    if (names_.size() != kArm || stiffness_.size() != kJoints || damping_.size() != kJoints) Fail("joints");
    world->Physics()->GetContactManager()->SetNeverDropContacts(true);
    Connect();
    begin_ = event::Events::ConnectWorldUpdateBegin([this](const common::UpdateInfo &) { Begin(); });
    end_ = event::Events::ConnectWorldUpdateEnd([this]() { End(); });
  }

 private:
  template <typename T>
  static void Read(const std::string &text, std::vector<T> &into) {
    std::istringstream stream(text);
    for (T value; stream >> value;) into.push_back(value);
  }
  [[noreturn]] static void Fail(const char *what) {
    fprintf(stderr, "cellgate lockstep: %s\n", what);
    _exit(70);
  }

  void Connect() {
    const char *path = getenv("CELLGATE_LOCKSTEP_SOCKET");
    if (path == nullptr) Fail("CELLGATE_LOCKSTEP_SOCKET is not set");
    socket_ = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    if (connect(socket_, reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0) Fail("no socket");
    const uint32_t hello[4] = {kMagic, kVersion, kCommandWidth, kFrameWidth};
    Send(hello, sizeof(hello));
  }
  void Send(const void *data, size_t size) {
    const char *at = static_cast<const char *>(data);
    while (size > 0) {
      const ssize_t sent = write(socket_, at, size);
      if (sent <= 0) _exit(0);  // the other side is gone: so are we
      at += sent;
      size -= static_cast<size_t>(sent);
    }
  }
  void Receive(void *data, size_t size) {
    char *at = static_cast<char *>(data);
    while (size > 0) {
      const ssize_t got = read(socket_, at, size);
      if (got <= 0) _exit(0);
      at += got;
      size -= static_cast<size_t>(got);
    }
  }

  /** models exist only once the world runs */
  void Find() {
    auto arm = world_->ModelByName("arm");
    auto person = world_->ModelByName("person");
    if (!arm || !person) Fail("models are missing");
    for (size_t i = 0; i < kArm; i++) {
      joints_.push_back(arm->GetJoint(names_[i]));
      if (!joints_.back()) Fail("a joint is missing");
    }
    body_ = person->GetLink("body");
    hand_ = person->GetLink("hand");
    if (!body_ || !hand_) Fail("the person is missing");
    wrist_ = arm->GetJoint("wrist_ft_joint");
    tool_ = arm->GetLink("tool");
    payload_ = arm->GetLink("payload");
    if (!wrist_ || !tool_ || !payload_) Fail("the tool is missing");
    wrist_->SetProvideFeedback(true);
    scan_ = std::dynamic_pointer_cast<sensors::RaySensor>(sensors::SensorManager::Instance()->GetSensor("base_scan"));
    if (scan_) scan_->SetActive(false);
  }

  void Begin() {
    if (joints_.empty()) Find();
    while (pending_ == 0) {
      Flush();
      Header header{};
      Receive(&header, sizeof(header));
      if (header.magic != kMagic) Fail("a foreign header");
      if (header.kind == kStart) {
        Receive(last_, sizeof(last_));
        scanEvery_ = header.scanEvery;
        Rearm();
        const uint32_t ready[2] = {kMagic, kStart};
        Send(ready, sizeof(ready));
      } else {
        pending_ = header.count;
        rows_.resize(pending_ * kCommandWidth);
        Receive(rows_.data(), rows_.size() * sizeof(double));
        next_ = 0;
      }
    }
    Drive(last_);
  }

  /// not called Reset: that name belongs to the world, which calls it from its own reset
  void Rearm() {
    world_->Reset();
    for (size_t i = 0; i < kArm; i++) {
      joints_[i]->SetPosition(0, last_[Q + i]);
      joints_[i]->SetVelocity(0, 0);
      joints_[i]->SetForce(0, 0);
    }
    Place(body_, last_[PERSON], last_[PERSON + 1], bodyZ_);
    Place(hand_, last_[PERSON + 2], last_[PERSON + 3], last_[PERSON + 4]);
    for (auto name : {"arm", "person"}) world_->ModelByName(name)->ResetPhysicsStates();
    SetPayload(last_[PAYLOAD]);
    step_ = 0;
  }

  void SetPayload(double mass) {
    mass = std::max(kPayloadMin, mass);
    if (mass == payload_->GetInertial()->Mass()) return;
    payload_->GetInertial()->SetMass(mass);
    payload_->UpdateMass();
  }

  static void Place(const physics::LinkPtr &link, double x, double y, double z) {
    link->SetWorldPose(ignition::math::Pose3d(x, y, z, 0, 0, 0));
    link->SetLinearVel(ignition::math::Vector3d::Zero);
    link->SetAngularVel(ignition::math::Vector3d::Zero);
  }

  /** the servo of every axis works on the command of the step before, as in the other engines */
  void Drive(const double *c) {
    for (size_t i = 0; i < kArm; i++) {
      const double motor = c[TORQUE + i] + stiffness_[i] * (c[Q + i] - joints_[i]->Position(0)) + damping_[i] * (c[QD + i] - joints_[i]->GetVelocity(0));
      frame_[F_TORQUE + i] = motor;
      joints_[i]->SetForce(0, motor + c[DISTURB + i]);
    }
    const auto body = body_->WorldPose().Pos(), bodyV = body_->WorldLinearVel(), hand = hand_->WorldPose().Pos(), handV = hand_->WorldLinearVel();
    const auto push = [&](size_t k, double at, double speed) {
      return c[PERSON_F + k] + stiffness_[kArm + k] * (c[PERSON + k] - at) + damping_[kArm + k] * (c[PERSON_V + k] - speed);
    };
    // nobody is lifted: the height of the body is held by a spring of its own
    const double lift = stiffness_[kArm] * 100 * (bodyZ_ - body.Z()) - damping_[kArm] * 10 * bodyV.Z();
    body_->AddForce(ignition::math::Vector3d(push(0, body.X(), bodyV.X()), push(1, body.Y(), bodyV.Y()), lift));
    hand_->AddForce(ignition::math::Vector3d(push(2, hand.X(), handV.X()), push(3, hand.Y(), handV.Y()), push(4, hand.Z(), handV.Z())));
    SetPayload(c[PAYLOAD]);
    const ignition::math::Vector3d pull(c[PULL], c[PULL + 1], c[PULL + 2]);
    if (pull != ignition::math::Vector3d::Zero)
      tool_->AddForceAtRelativePosition(pull, ignition::math::Vector3d(0, 0, toolLength_) - tool_->GetInertial()->CoG());
  }

  void End() {
    if (pending_ == 0) return;
    memcpy(last_, rows_.data() + next_ * kCommandWidth, sizeof(last_));
    next_++;
    pending_--;
    for (size_t i = 0; i < kArm; i++) {
      frame_[F_Q + i] = joints_[i]->Position(0);
      frame_[F_QD + i] = joints_[i]->GetVelocity(0);
    }
    const auto body = body_->WorldPose().Pos(), bodyV = body_->WorldLinearVel(), hand = hand_->WorldPose().Pos(), handV = hand_->WorldLinearVel();
    const double at[kPerson] = {body.X(), body.Y(), hand.X(), hand.Y(), hand.Z()}, speed[kPerson] = {bodyV.X(), bodyV.Y(), handV.X(), handV.Y(), handV.Z()};
    for (size_t i = 0; i < kPerson; i++) {
      frame_[F_PERSON + i] = at[i];
      frame_[F_PERSON_V + i] = speed[i];
    }
    const physics::JointWrench wrench = wrist_->GetForceTorque(0);
    for (int i = 0; i < 3; i++) {
      frame_[F_WRENCH + i] = wrench.body2Force[i];
      frame_[F_WRENCH + 3 + i] = wrench.body2Torque[i];
    }
    Touch();
    const bool scanned = scanEvery_ > 0 && step_ % scanEvery_ == 0 && scan_;
    frame_[F_SCANNED] = scanned ? 1 : 0;
    frame_[F_STEP] = static_cast<double>(step_++);
    Append(frame_, sizeof(frame_));
    if (scanned) Scan();
    if (out_.size() >= kFlushBytes) Flush();
  }

  void Touch() {
    double sum = 0;
    unsigned contacts = 0;
    auto manager = world_->Physics()->GetContactManager();
    for (unsigned i = 0; i < manager->GetContactCount(); i++) {
      const physics::Contact *contact = manager->GetContact(i);
      const std::string one = contact->collision1->GetModel()->GetName(), two = contact->collision2->GetModel()->GetName();
      if (!((one == "arm" && two == "person") || (one == "person" && two == "arm"))) continue;
      for (int k = 0; k < contact->count; k++) {
        const double force = contact->wrench[k].body1Force.Length();
        if (force <= 0) continue;
        sum += force;
        contacts++;
      }
    }
    frame_[F_FORCE] = sum;
    frame_[F_CONTACTS] = contacts;
  }

  void Scan() {
    auto shape = scan_->LaserShape();
    shape->Update();
    std::vector<double> ranges(rays_);
    for (unsigned i = 0; i < rays_; i++) ranges[i] = shape->GetRange(i);
    Append(ranges.data(), ranges.size() * sizeof(double));
  }
  void Append(const void *data, size_t size) {
    const char *at = static_cast<const char *>(data);
    out_.insert(out_.end(), at, at + size);
  }
  void Flush() {
    if (!out_.empty()) Send(out_.data(), out_.size());
    out_.clear();
  }

  physics::WorldPtr world_;
  std::vector<std::string> names_;
  std::vector<double> stiffness_, damping_;
  double toolLength_ = 0;
  unsigned rays_ = 0;
  std::vector<physics::JointPtr> joints_;
  physics::JointPtr wrist_;
  physics::LinkPtr tool_, payload_, body_, hand_;
  double bodyZ_ = 0;
  sensors::RaySensorPtr scan_;
  event::ConnectionPtr begin_, end_;
  int socket_ = -1;
  std::vector<double> rows_;
  std::vector<char> out_;
  size_t pending_ = 0, next_ = 0, step_ = 0;
  uint32_t scanEvery_ = 0;
  double last_[kCommandWidth] = {};
  double frame_[kFrameWidth] = {};
};
GZ_REGISTER_WORLD_PLUGIN(CellgateLockstep)
}  // namespace gazebo
