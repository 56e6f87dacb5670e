import { FENCE_FILE, writeFence } from "./measure.ts";

/** npm run fence:update: for changes that are wanted. The commit says why each line of the file changed. */
await writeFence();
console.log(`${FENCE_FILE} is written; look at its changes and say in the commit why they are wanted`);
