"""Starts cellgate beside a robot under ROS 2.

    ros2 launch launch/cellgate.launch.py cell:=launch/ros2-cell.yaml data:=/var/lib/cellgate
    ros2 launch cellgate cellgate.launch.py cell:=/etc/cellgate/cell.yaml      after colcon build

cellgate is not a safety-rated device: the emergency stop stays hardwired.
"""

import os

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import EnvironmentVariable, LaunchConfiguration

HERE = os.path.dirname(os.path.abspath(__file__))


def generate_launch_description():
    """One process, started again when it ends: while it is away the actuators miss its heartbeat and stop."""
    root = _root()
    return LaunchDescription([
        DeclareLaunchArgument(
            'cell', default_value=os.path.join(HERE, 'ros2-cell.yaml'),
            description='deployment file of the cell'),
        DeclareLaunchArgument(
            'data', default_value=os.path.join(root, 'data'),
            description='folder for ledger, keys and tokens'),
        DeclareLaunchArgument(
            'rmw', default_value=EnvironmentVariable('RMW_IMPLEMENTATION', default_value=''),
            description='ROS middleware; empty: the installation\'s own'),
        DeclareLaunchArgument(
            'namespace', default_value='',
            description='namespace of the node; empty: the deployment\'s own'),
        DeclareLaunchArgument(
            'port', default_value='',
            description='port of the page and the control endpoint; empty: the deployment\'s own'),
        DeclareLaunchArgument(
            'respawn', default_value='true', description='start it again when it ends'),
        SetEnvironmentVariable(
            'RMW_IMPLEMENTATION', LaunchConfiguration('rmw'),
            condition=IfCondition(_is_set('rmw'))),
        ExecuteProcess(
            name='cellgate',
            cmd=[
                os.path.join(root, 'node_modules', '.bin', 'node'),
                os.path.join(root, 'src', 'cellgate.mjs'), 'run', LaunchConfiguration('cell'),
                '--json', '--data', LaunchConfiguration('data'),
                '--ros-args', *_when_set('namespace', '-r', '__ns:='),
                *_when_set('port', '-p', 'control.port:='),
            ],
            cwd=root,
            output='screen',
            respawn=LaunchConfiguration('respawn'),
            respawn_delay=1.0,
            # SIGINT and SIGTERM both block the cell before anything is closed
            sigterm_timeout='10',
            sigkill_timeout='10',
        ),
    ])


def _when_set(name, flag, prefix):
    """Two words for ROS; while the launch argument is empty, two that change nothing."""
    from launch.substitutions import PythonExpression
    value = LaunchConfiguration(name)
    return [
        PythonExpression(["'", flag, "' if '", value, "' else '--log-level'"]),
        PythonExpression(["'", prefix, value, "' if '", value, "' else 'info'"]),
    ]


def _is_set(name):
    """True when the launch argument is not empty."""
    from launch.substitutions import PythonExpression
    return PythonExpression(["'", LaunchConfiguration(name), "' != ''"])


def _root():
    """The folder of the program: above this one, or where it lay when colcon built the package."""
    noted = os.path.join(os.path.dirname(HERE), 'source_folder')
    if not os.path.exists(noted):
        return os.path.dirname(HERE)
    with open(noted, encoding='utf-8') as file:
        return file.read().strip()
