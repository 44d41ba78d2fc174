/** The conformance cases for other programs of the repository: reading a folder of them, running them on a device. */

export { type FixtureCase, readFixtures } from "./fixture.ts";
export { type CaseOutcome, runCases } from "./runner.ts";
