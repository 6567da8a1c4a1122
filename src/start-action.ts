/** `dist/index.js`: loads the action's entry if this Node can run it. */
import { isNodeSupported } from "./node-version.ts";

if (isNodeSupported()) void import("./main.ts").then(({ main }) => main());
