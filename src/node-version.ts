/** Whether this Node can run the program. In syntax that old versions can read, so that they get past the loader. */

/** The oldest major version, as in `engines` of package.json. */
const OLDEST = 24;

/** If the version is too old, says what is needed and sets the exit status to 1. */
export function isNodeSupported(): boolean {
	const { node } = process.versions;
	if (Number(node.split(".")[0]) >= OLDEST) return true;
	process.stderr.write(
		`error: aws-watch-pending requires Node ${OLDEST} or later, but this is Node ${node}. Install Node ${OLDEST} and put it first on the PATH.\n`,
	);
	process.exitCode = 1;
	return false;
}
