import { opSuite } from "./op-suite.ts";

opSuite();
