"""Gazebo (gz sim) without a window, the bridge to ROS 2 and the node, from one definition of the cell.

    ros2 launch launch/sim.launch.py
    ros2 launch launch/sim.launch.py seed:=7 render:=true

The world is printed by the node's own program, so it always fits the deployment. Without a GPU leave
render:=false: force, joints and clock need no rendering, and proximity comes from poses.
"""

import os
import subprocess
import tempfile

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, LogInfo, OpaqueFunction, RegisterEventHandler, Shutdown
from launch.event_handlers import OnProcessExit
from launch.substitutions import LaunchConfiguration

HERE = os.path.dirname(os.path.realpath(__file__))
CELLGATE = os.path.join(HERE, os.pardir, "src", "cellgate.mjs")


def world_file():
    """The cell as an SDF world, beside nothing that belongs to the checkout."""
    text = subprocess.run(["node", CELLGATE, "sim", "world", "gz"], check=True, capture_output=True, text=True).stdout
    path = os.path.join(tempfile.mkdtemp(prefix="cellgate-"), "cell.sdf")
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def start(context):
    value = lambda name: LaunchConfiguration(name).perform(context)
    gz = ["gz", "sim", "-s", "-r", "--seed", value("seed")]
    if value("render") == "true":
        gz.append("--headless-rendering")
    simulator = ExecuteProcess(cmd=gz + [world_file()], name="gz", output="screen")
    bridge = ExecuteProcess(
        cmd=[
            "ros2", "run", "ros_gz_bridge", "parameter_bridge", "--ros-args",
            "-p", "config_file:=" + os.path.join(HERE, "sim.bridge.yaml"), "-p", "use_sim_time:=true",
        ],
        name="bridge", output="screen",
    )
    node = ExecuteProcess(cmd=["node", CELLGATE, "run", value("deployment"), "--data", value("data")], name="cellgate", output="screen")
    # a simulator or a node that ends takes the rest along: nothing runs on unguarded
    ends = [RegisterEventHandler(OnProcessExit(target_action=part, on_exit=[Shutdown(reason="a part has ended")])) for part in (simulator, bridge, node)]
    return [LogInfo(msg="cellgate is not a safety-rated device"), simulator, bridge, node, *ends]


def generate_launch_description():
    return LaunchDescription([
        DeclareLaunchArgument("seed", default_value="1", description="seed of the simulator"),
        DeclareLaunchArgument("render", default_value="false", description="true: laser scan by rendering (GPU or software EGL)"),
        DeclareLaunchArgument("deployment", default_value=os.path.join(HERE, "sim.ros.yaml"), description="the node's settings"),
        DeclareLaunchArgument("data", default_value="data", description="folder of the node's ledger and keys"),
        OpaqueFunction(function=start),
    ])
