export { DeviceFeed, deviceOf, type WriteNow } from "./feed.ts";
