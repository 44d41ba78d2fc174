import { opSuite } from "./suite.ts";

opSuite();
