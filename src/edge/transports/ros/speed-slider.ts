import { assert } from "../../../core/base/assert.ts";
import { CdrWriter, type MessageLayout, parseDefinition } from "../../wire/index.ts";

/** The speed slider of a Universal Robots controller: a service that takes a share of full speed. */
export const SPEED_SLIDER = "ur_msgs/srv/SetSpeedSliderFraction";

export function sliderLayout(): MessageLayout {
  const layout = parseDefinition(`${SPEED_SLIDER}_Request`, "ros2msg", "float64 speed_slider_fraction");
  assert(layout.ok, "definition of SetSpeedSliderFraction");
  return layout.value;
}
const writer = new CdrWriter();
export const encodeSlider = (scale: number): Uint8Array => writer.begin().f64(scale).end();
