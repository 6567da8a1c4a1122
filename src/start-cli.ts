#!/usr/bin/env node
/** `dist/cli.js`: loads the command line's entry if this Node can run it. */
import { isNodeSupported } from "./node-version.ts";

if (isNodeSupported()) void import("./cli.ts").then(({ cli }) => cli());
